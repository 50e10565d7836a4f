package tallystick.serve.web.item;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import tallystick.proto.v1.BalanceRecord;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.ChannelRecord;
import tallystick.proto.v1.CoverageRecord;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.ForwardRecord;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.PaymentRecord;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.Times;

/// A record as people read it: the fields that it has, by the names of the contract.
public final class RecordText {
    /// By the part of a topic's name that says what is in it.
    private static final Map<String, Parser<? extends Message>> PARSERS =
            Map.of(
                    "invoices", InvoiceRecord.parser(),
                    "payments", PaymentRecord.parser(),
                    "forwards", ForwardRecord.parser(),
                    "channels", ChannelRecord.parser(),
                    "chain", ChainRecord.parser(),
                    "balances", BalanceRecord.parser(),
                    "books", BookEntry.parser(),
                    "coverage", CoverageRecord.parser(),
                    "decisions", Decision.parser());

    /// What is longer is told by its length; it is in the raw record.
    private static final int BYTES_MAX = 80;

    private static final int FIELDS_MAX = 300;

    private static final long NANOS = 1_000_000_000;

    private RecordText() {}

    /// A field with its value.
    public record Field(String name, String value) {}

    /// Empty when it cannot be read.
    ///
    /// @param topic for example `tallystick.invoices.v1`
    static List<Field> fields(String topic, byte[] bytes) {
        Parser<? extends Message> parser = PARSERS.get(subject(topic));
        if (parser == null) {
            return List.of();
        }
        try {
            List<Field> result = new ArrayList<>();
            add(result, "", parser.parseFrom(bytes));
            return result.subList(0, Math.min(FIELDS_MAX, result.size()));
        } catch (InvalidProtocolBufferException _) {
            return List.of();
        }
    }

    /// For example `invoices` of `tallystick.invoices.v1`.
    static String subject(String topic) {
        String unversioned = topic.substring(0, Math.max(0, topic.lastIndexOf('.')));
        return unversioned.substring(unversioned.lastIndexOf('.') + 1);
    }

    private static void add(List<Field> result, String prefix, Message message) {
        for (Map.Entry<FieldDescriptor, Object> one : message.getAllFields().entrySet()) {
            String name = prefix + one.getKey().getName();
            if (one.getValue() instanceof List<?> values) {
                for (int i = 0; i < values.size(); i++) {
                    add(result, "%s %d".formatted(name, i + 1), one.getKey(), values.get(i));
                }
            } else {
                add(result, name, one.getKey(), one.getValue());
            }
        }
    }

    private static void add(List<Field> result, String name, FieldDescriptor field, Object value) {
        if (value instanceof Message inner) {
            add(result, name + ", ", inner);
        } else {
            result.add(new Field(name, text(field.getName(), value)));
        }
    }

    private static String text(String name, Object value) {
        return switch (value) {
            case ByteString bytes when bytes.size() > BYTES_MAX ->
                    Amounts.count(bytes.size()) + " bytes";
            case ByteString bytes -> HexFormat.of().formatHex(bytes.toByteArray());
            case Long number when name.endsWith("_ns") -> moment(number);
            case Long number when name.endsWith("_msat") -> Amounts.PAGE.msat(number);
            default -> value.toString();
        };
    }

    private static String moment(long nanos) {
        try {
            return Times.exact(
                    Instant.ofEpochSecond(
                            Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS)));
        } catch (DateTimeException _) {
            return Long.toString(nanos);
        }
    }
}
