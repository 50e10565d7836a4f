package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_RECEIPT;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_ROUTING_INCOME;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.entry;

import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.ItemKey;
import tallystick.ledger.item.Item;
import tallystick.proto.v1.BalanceRecord;
import tallystick.proto.v1.Envelope;
import tallystick.proto.v1.InvoiceRecord;

/// What is wrong with a record is found in decoding, whatever it is.
class RecordCodecTest {
    private static final int MUTATIONS = 3_000;

    private final RecordCodec codec = new RecordCodec(FakeLog.PARTITIONS);
    private final FakeLog log = new FakeLog();

    @Test
    void readsWhatAnInvoiceSays() throws Exception {
        Item item = merged(Fact.settled(NODE_A, 1, 5_000, 10));

        assertThat(item.receipts().get(NODE_A))
                .satisfies(
                        receipt -> {
                            assertThat(receipt.isSettled()).isTrue();
                            assertThat(receipt.received().value()).isEqualTo(5_000);
                            assertThat(receipt.settledAt()).contains(Fact.at(10));
                            assertThat(receipt.htlcs()).hasSize(1);
                        });
    }

    @Test
    void clampsAnExpiryThatNeverComes() throws Exception {
        Fact fact = Fact.settled(NODE_A, 1, 5_000, 10);
        InvoiceRecord endless =
                InvoiceRecord.parseFrom(fact.value()).toBuilder()
                        .setExpirySeconds(Long.MAX_VALUE)
                        .build();

        Item item = merged(new Fact(fact.topic(), fact.key(), endless.toByteArray()));

        assertThat(item.receipts().get(NODE_A))
                .satisfies(
                        receipt -> assertThat(receipt.terms().expiry().toDays()).isEqualTo(36_525));
    }

    @Test
    void refusesANameThatCouldNotBeStored() {
        refuses(
                Fact.booked(entry("a\0", ENTRY_KIND_RECEIPT, 1, 5, 1)),
                "entry_id: a NUL character in it (expected: text)");
        refuses(
                Fact.booked(entry("a", ENTRY_KIND_RECEIPT, 1, 5, 1).setOrder("x".repeat(501))),
                "order: 501 characters (expected: at most 500)");
        refuses(Fact.booked(entry("a", ENTRY_KIND_RECEIPT, 1, 5, 1).setValueDate("1.4.")), "1.4.");
        refuses(
                Fact.booked(entry("a", ENTRY_KIND_RECEIPT, 1, 5, 1).setKindValue(99)),
                "kind: number 99");
    }

    @Test
    void refusesAKindThatDoesNotFitItsReference() {
        refuses(
                Fact.booked(entry("a", ENTRY_KIND_ROUTING_INCOME, 1, 5, 1)),
                "kind: routing_income (expected: one of receipt, payment,");
    }

    @Test
    void refusesBalancesUnderAnotherNodesKey() {
        BalanceRecord balances =
                BalanceRecord.newBuilder()
                        .setEnvelope(Envelope.newBuilder().setNode(NODE_A.pubkey()))
                        .build();

        refuses(
                new Fact(Topic.BALANCES, Fact.NODE_B.pubkey(), balances.toByteArray()),
                "key: " + Fact.NODE_B);
    }

    /// Whatever the bytes, a record decodes or is refused; nothing else may come out of it.
    @ParameterizedTest
    @EnumSource(
            value = Topic.class,
            mode = Mode.INCLUDE,
            names = {
                "INVOICES",
                "PAYMENTS",
                "FORWARDS",
                "CHANNELS",
                "CHAIN",
                "BALANCES",
                "BOOKS",
                "COVERAGE"
            })
    void refusesOrUnderstandsAnyBytes(Topic topic) {
        Random random = new Random(topic.messageType().length());
        Fact[] seeds = {
            Fact.settled(NODE_A, 1, 5_000, 10),
            Fact.paid(
                    NODE_A,
                    1,
                    5_000,
                    5,
                    10,
                    tallystick.proto.v1.PaymentState.PAYMENT_STATE_SUCCEEDED),
            Fact.booked("e", ENTRY_KIND_RECEIPT, 1, 5_000, 10)
        };
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] bytes = seeds[i % seeds.length].value().clone();
            for (int change = random.nextInt(4); change >= 0; change--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            ConsumerRecord<byte[], byte[]> record =
                    log.append(topic, 0, RecordKeys.bytes(Fact.hash(1)), bytes);
            try {
                assertThat(codec.decode(topic, record)).isNotNull();
            } catch (UndecodableException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
    }

    private Item merged(Fact fact) throws UndecodableException {
        Decoded decoded = codec.decode(fact.topic(), log.append(fact));
        assertThat(decoded).isInstanceOf(Decoded.Statements.class);
        Statement statement = ((Decoded.Statements) decoded).statements().getFirst();
        assertThat(statement.key()).isEqualTo(ItemKey.ofPayment(Fact.hash(1)));
        return statement.merge().apply(Item.empty(statement.key()));
    }

    private void refuses(Fact fact, String message) {
        assertThatThrownBy(() -> codec.decode(fact.topic(), log.append(fact)))
                .isInstanceOf(UndecodableException.class)
                .hasMessageContaining(message);
    }
}
