package tallystick.proto;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.Envelope;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.Mismatch;

/// A consumer that was built from the first contract reads what is written today. The first contract's descriptors are kept as
/// they were and never made anew.
class FirstContractTest {
    private static final int DEPTH_MAX = 4;

    private static final List<FileDescriptor> TODAY =
            List.of(
                    BookEntry.getDescriptor().getFile(),
                    Envelope.getDescriptor().getFile(),
                    InvoiceRecord.getDescriptor().getFile(),
                    Mismatch.getDescriptor().getFile());

    @Test
    void readsTodaysRecordsWithTheFirstDescriptors() throws Exception {
        Map<String, Descriptor> first = first();
        assertThat(first).hasSizeGreaterThan(20);
        for (FileDescriptor file : TODAY) {
            for (Descriptor today : file.getMessageTypes()) {
                Descriptor then = first.get(today.getFullName());
                if (then != null) {
                    readsAlike(today, then);
                }
            }
        }
        assertThat(first.keySet())
                .as("nothing of the first contract is gone")
                .allSatisfy(name -> assertThat(todayNames()).contains(name));
    }

    @Test
    void keepsWhatItDoesNotKnow() throws Exception {
        Descriptor then =
                requireNonNull(first().get(Decision.getDescriptor().getFullName()), "Decision");
        Decision today = Decision.newBuilder().setAlternative("2").setPerson("ann").build();

        DynamicMessage read = DynamicMessage.parseFrom(then, today.toByteString());

        assertThat(then.findFieldByName("alternative")).isNull();
        assertThat(read.getField(then.findFieldByName("person"))).isEqualTo("ann");
        assertThat(Decision.parseFrom(read.toByteString())).isEqualTo(today);
    }

    private static void readsAlike(Descriptor today, Descriptor then) throws Exception {
        Message full = filled(today, 0);

        DynamicMessage read = DynamicMessage.parseFrom(then, full.toByteString());

        for (FieldDescriptor field : then.getFields()) {
            FieldDescriptor same = requireNonNull(today.findFieldByNumber(field.getNumber()));
            assertThat(same.getName()).isEqualTo(field.getName());
            boolean isScalar =
                    field.getJavaType() != FieldDescriptor.JavaType.MESSAGE
                            && field.getJavaType() != FieldDescriptor.JavaType.ENUM;
            if (isScalar) {
                assertThat(read.getField(field))
                        .as(field.getFullName())
                        .isEqualTo(full.getField(same));
            } else if (!field.isRepeated() && same.getContainingOneof() == null) {
                assertThat(read.hasField(field)).as(field.getFullName()).isTrue();
            }
        }
        assertThat(DynamicMessage.parseFrom(today, read.toByteString()))
                .as("%s, there and back", today.getFullName())
                .isEqualTo(DynamicMessage.parseFrom(today, full.toByteString()));
    }

    /// Every field set to something that is not its default.
    private static Message filled(Descriptor type, int depth) {
        DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
        for (FieldDescriptor field : type.getFields()) {
            boolean isTooDeep =
                    field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && depth == DEPTH_MAX;
            if (!isTooDeep && field.isRepeated()) {
                message.addRepeatedField(field, value(field, depth));
            } else if (!isTooDeep) {
                message.setField(field, value(field, depth));
            }
        }
        return message.build();
    }

    private static Object value(FieldDescriptor field, int depth) {
        return switch (field.getJavaType()) {
            case INT -> field.getNumber();
            case LONG -> 1_000L + field.getNumber();
            case FLOAT -> (float) field.getNumber();
            case DOUBLE -> (double) field.getNumber();
            case BOOLEAN -> true;
            case STRING -> "text" + field.getNumber();
            case BYTE_STRING -> ByteString.copyFromUtf8("bytes" + field.getNumber());
            case ENUM -> lastOf(field.getEnumType());
            case MESSAGE -> filled(field.getMessageType(), depth + 1);
        };
    }

    private static EnumValueDescriptor lastOf(EnumDescriptor type) {
        return type.getValues().getLast();
    }

    private static List<String> todayNames() {
        return TODAY.stream()
                .flatMap(file -> file.getMessageTypes().stream())
                .map(Descriptor::getFullName)
                .toList();
    }

    /// The message types of the first contract, by full name.
    private static Map<String, Descriptor> first() throws Exception {
        Map<String, FileDescriptor> files = new HashMap<>();
        try (InputStream in =
                requireNonNull(
                        FirstContractTest.class.getResourceAsStream("/first-contract.desc"))) {
            // In the order in which they depend on each other, as protoc writes them.
            for (FileDescriptorProto file : FileDescriptorSet.parseFrom(in).getFileList()) {
                FileDescriptor[] needed =
                        file.getDependencyList().stream()
                                .map(name -> requireNonNull(files.get(name), name))
                                .toArray(FileDescriptor[]::new);
                files.put(file.getName(), FileDescriptor.buildFrom(file, needed));
            }
        }
        Map<String, Descriptor> result = new TreeMap<>();
        files.values().stream()
                .filter(file -> TODAY.stream().anyMatch(t -> t.getName().equals(file.getName())))
                .flatMap(file -> file.getMessageTypes().stream())
                .forEach(type -> result.put(type.getFullName(), type));
        return result;
    }
}
