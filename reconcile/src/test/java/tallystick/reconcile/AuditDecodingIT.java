package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tallystick.db.testing.TestDatabase;
import tallystick.proto.v1.BalanceRecord;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.ChannelRecord;
import tallystick.proto.v1.CoverageRecord;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.Envelope;
import tallystick.proto.v1.ForwardRecord;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.MismatchChange;
import tallystick.proto.v1.PaymentRecord;
import tallystick.proto.v1.Source;

/// What auditors read by SQL alone is what the records say. A message or field that the schema does not know yet is found here:
/// a further migration teaches it `audit.message_fields` and `audit.enum_values`.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuditDecodingIT {
    private static final int MESSAGES = 30;
    private static final int DEPTH = 4;

    private final TestDatabase database = TestDatabase.migrated();
    private Connection connection;

    @BeforeAll
    void connect() throws SQLException {
        connection = database.dataSource().getConnection();
    }

    @AfterAll
    void close() throws SQLException {
        connection.close();
        database.close();
    }

    static Stream<Descriptor> messages() {
        Map<String, Descriptor> all = new TreeMap<>();
        for (Descriptor one :
                List.of(
                        InvoiceRecord.getDescriptor(),
                        PaymentRecord.getDescriptor(),
                        ForwardRecord.getDescriptor(),
                        ChannelRecord.getDescriptor(),
                        ChainRecord.getDescriptor(),
                        BalanceRecord.getDescriptor(),
                        CoverageRecord.getDescriptor(),
                        BookEntry.getDescriptor(),
                        Decision.getDescriptor(),
                        MismatchChange.getDescriptor(),
                        tallystick.proto.lnrpc.Invoice.getDescriptor(),
                        tallystick.proto.lnrpc.Payment.getDescriptor(),
                        tallystick.proto.lnrpc.ForwardingEvent.getDescriptor(),
                        tallystick.proto.lnrpc.Channel.getDescriptor(),
                        tallystick.proto.lnrpc.ChannelEventUpdate.getDescriptor(),
                        tallystick.proto.lnrpc.ChannelCloseSummary.getDescriptor(),
                        tallystick.proto.lnrpc.PendingChannelsResponse.getDescriptor(),
                        tallystick.proto.lnrpc.Transaction.getDescriptor())) {
            addWithParts(all, one);
        }
        return all.values().stream();
    }

    private static void addWithParts(Map<String, Descriptor> all, Descriptor message) {
        if (all.putIfAbsent(message.getFullName(), message) == null) {
            message.getFields().stream()
                    .filter(field -> field.getJavaType() == FieldDescriptor.JavaType.MESSAGE)
                    .forEach(field -> addWithParts(all, field.getMessageType()));
        }
    }

    @ParameterizedTest
    @MethodSource("messages")
    void saysWhatTheMessageSays(Descriptor descriptor) throws SQLException {
        Random random = new Random(descriptor.getFullName().hashCode());
        for (int i = 0; i < MESSAGES; i++) {
            DynamicMessage message = randomMessage(descriptor, random, DEPTH);

            assertThat(decoded(descriptor.getFullName(), message.toByteArray()))
                    .as("%s", message)
                    .isEqualTo(normal(json(message)));
        }
    }

    @Test
    void showsTheNodesOwnMessageBesideItsBytes() throws SQLException {
        tallystick.proto.lnrpc.Invoice own =
                tallystick.proto.lnrpc.Invoice.newBuilder().setMemo("tea").setValueMsat(-5).build();
        Envelope envelope =
                Envelope.newBuilder()
                        .setSource(Source.SOURCE_SWEEP)
                        .setNodeMessageType("lnrpc.Invoice")
                        .setNodeMessage(own.toByteString())
                        .build();

        String found = decoded("tallystick.v1.Envelope", envelope.toByteArray());

        assertThat(found)
                .isEqualTo(
                        normal(
                                """
                                {"source": "SOURCE_SWEEP", "node_message_type": "lnrpc.Invoice", "node_message": "%s",
                                 "node_says": {"memo": "tea", "value_msat": -5}}
                                """
                                        .formatted(HexFormat.of().formatHex(own.toByteArray()))));
    }

    @Test
    void showsFieldsThatNoneKnowsUnderTheirNumber() throws SQLException {
        Message message =
                BookEntry.newBuilder()
                        .setEntryId("e1")
                        .setUnknownFields(
                                UnknownFieldSet.newBuilder()
                                        .addField(
                                                900,
                                                UnknownFieldSet.Field.newBuilder()
                                                        .addVarint(7)
                                                        .addLengthDelimited(
                                                                ByteString.fromHex("beef"))
                                                        .build())
                                        .build())
                        .build();

        String found = decoded("tallystick.v1.BookEntry", message.toByteArray());

        assertThat(found).isEqualTo("{\"900\": [7, \"beef\"], \"entry_id\": \"e1\"}");
    }

    @Test
    void refusesWhatIsCutOff() {
        byte[] cut = {0x0a, 0x05, 'a'};

        assertThatThrownBy(() -> decoded("tallystick.v1.BookEntry", cut))
                .hasMessageContaining("BookEntry: ends within field entry_id (expected: 4 more");
    }

    private String decoded(String type, byte[] bytes) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT audit.decoded(?, ?)::text")) {
            statement.setString(1, type);
            statement.setBytes(2, bytes);
            return text(statement);
        }
    }

    /// As the database writes it.
    private String normal(String json) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT ?::jsonb::text")) {
            statement.setString(1, json);
            return text(statement);
        }
    }

    private static String text(PreparedStatement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getString(1);
        }
    }

    private static DynamicMessage randomMessage(Descriptor type, Random random, int depth) {
        DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
        for (FieldDescriptor field : type.getFields()) {
            boolean isMessage = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
            if (random.nextInt(3) == 0 || (isMessage && depth == 0)) {
                continue;
            }
            if (field.isRepeated()) {
                for (int i = random.nextInt(3); i > 0; i--) {
                    message.addRepeatedField(field, randomValue(field, random, depth));
                }
            } else {
                message.setField(field, randomValue(field, random, depth));
            }
        }
        return message.build();
    }

    private static Object randomValue(FieldDescriptor field, Random random, int depth) {
        return switch (field.getJavaType()) {
            case INT -> random.nextInt() >> random.nextInt(32);
            case LONG -> random.nextLong() >> random.nextInt(64);
            case BOOLEAN -> random.nextBoolean();
            case STRING -> "ä₿" + random.nextInt(1000);
            case BYTE_STRING -> {
                byte[] bytes = new byte[random.nextInt(40)];
                random.nextBytes(bytes);
                yield ByteString.copyFrom(bytes);
            }
            case ENUM -> {
                List<EnumValueDescriptor> values = field.getEnumType().getValues();
                yield values.get(random.nextInt(values.size()));
            }
            case MESSAGE -> randomMessage(field.getMessageType(), random, depth - 1);
            case FLOAT, DOUBLE ->
                    throw new AssertionError(field + ": audit.decoded knows no such type");
        };
    }

    /// None of the texts has anything to escape.
    private static String json(Message message) {
        return message.getAllFields().entrySet().stream()
                .map(field -> "\"%s\": %s".formatted(field.getKey().getName(), json(field)))
                .collect(Collectors.joining(", ", "{", "}"));
    }

    private static String json(Map.Entry<FieldDescriptor, Object> field) {
        return field.getKey().isRepeated()
                ? ((Collection<?>) field.getValue())
                        .stream()
                                .map(one -> json(field.getKey(), one))
                                .collect(Collectors.joining(", ", "[", "]"))
                : json(field.getKey(), field.getValue());
    }

    private static String json(FieldDescriptor field, Object value) {
        return switch (field.getType()) {
            case UINT64 -> Long.toUnsignedString((Long) value);
            case UINT32 -> Integer.toUnsignedString((Integer) value);
            case STRING -> "\"" + value + "\"";
            case BYTES ->
                    "\"" + HexFormat.of().formatHex(((ByteString) value).toByteArray()) + "\"";
            case ENUM ->
                    "\""
                            + field.getEnumType()
                                    .findValueByNumber(((EnumValueDescriptor) value).getNumber())
                                    .getName()
                            + "\"";
            case MESSAGE -> json((Message) value);
            default -> String.valueOf(value);
        };
    }
}
