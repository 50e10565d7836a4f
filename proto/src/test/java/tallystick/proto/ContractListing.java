package tallystick.proto;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.proto.v1.AccessProto;
import tallystick.proto.v1.Role;

/// The contract as lines that people can read: one per message, field, enum value and method, each with all that the wire
/// knows of it. Two contracts with equal listings are the same to every reader and writer.
final class ContractListing {
    private final SortedMap<String, String> lines = new TreeMap<>();

    private ContractListing() {}

    /// Name to what the wire knows of it.
    static SortedMap<String, String> of(FileDescriptorSet descriptors) {
        var listing = new ContractListing();
        descriptors.getFileList().stream()
                .filter(file -> !file.getPackage().startsWith("google."))
                .forEach(listing::addFile);
        return listing.lines;
    }

    static String text(Map<String, String> lines) {
        var text = new StringBuilder();
        lines.forEach((name, what) -> text.append(name).append(" = ").append(what).append('\n'));
        return text.toString();
    }

    static SortedMap<String, String> parse(String text) {
        SortedMap<String, String> lines = new TreeMap<>();
        text.lines()
                .map(line -> line.split(" = ", 2))
                .forEach(parts -> lines.put(parts[0], parts[1]));
        return lines;
    }

    private void addFile(FileDescriptorProto file) {
        String scope = file.getPackage();
        file.getMessageTypeList().forEach(message -> addMessage(scope, message));
        file.getEnumTypeList().forEach(type -> addEnum(scope, type));
        file.getServiceList().forEach(service -> addService(scope, service));
    }

    private void addMessage(String scope, DescriptorProto message) {
        String name = scope + "." + message.getName();
        if (message.getOptions().getMapEntry()) {
            // Its key and value are part of how the map is written, so they are listed as any
            // message's.
            lines.put(name, "map entry");
        } else {
            lines.put(name, "message");
        }
        message.getFieldList().forEach(field -> addField(name, message, field));
        message.getNestedTypeList().forEach(nested -> addMessage(name, nested));
        message.getEnumTypeList().forEach(type -> addEnum(name, type));
        message.getReservedRangeList()
                .forEach(
                        range -> {
                            for (int i = range.getStart(); i < range.getEnd(); i++) {
                                lines.put(name + " reserved " + i, "reserved");
                            }
                        });
    }

    private void addField(String scope, DescriptorProto message, FieldDescriptorProto field) {
        String label =
                field.getProto3Optional()
                        ? "optional"
                        : field.getLabel() == Label.LABEL_REPEATED ? "repeated" : "singular";
        String type =
                field.hasTypeName()
                        ? field.getTypeName().substring(1)
                        : field.getType()
                                .name()
                                .substring("TYPE_".length())
                                .toLowerCase(Locale.ROOT);
        String choice =
                field.hasOneofIndex() && !field.getProto3Optional()
                        ? " in oneof " + message.getOneofDecl(field.getOneofIndex()).getName()
                        : "";
        lines.put(
                scope + "." + field.getName(),
                "%d %s %s%s".formatted(field.getNumber(), label, type, choice));
    }

    private void addEnum(String scope, EnumDescriptorProto type) {
        String name = scope + "." + type.getName();
        lines.put(name, "enum");
        type.getValueList()
                .forEach(value -> lines.put(name + "." + value.getName(), "" + value.getNumber()));
    }

    private void addService(String scope, ServiceDescriptorProto service) {
        String name = scope + "." + service.getName();
        lines.put(name, "service");
        service.getMethodList().forEach(method -> addMethod(name + "/" + method.getName(), method));
    }

    private void addMethod(String name, MethodDescriptorProto method) {
        lines.put(
                name,
                "%s%s returns %s%s"
                        .formatted(
                                method.getClientStreaming() ? "stream " : "",
                                method.getInputType().substring(1),
                                method.getServerStreaming() ? "stream " : "",
                                method.getOutputType().substring(1)));
        Role role = method.getOptions().getExtension(AccessProto.role);
        if (role != Role.ROLE_UNSPECIFIED) {
            // Who may call it is as much a promise as what it takes.
            lines.put(name + " role", role.name());
        }
    }
}
