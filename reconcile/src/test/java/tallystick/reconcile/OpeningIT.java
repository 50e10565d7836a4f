package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.proto.v1.BalanceRecord;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.Envelope;

/// A ledger that begins with a node that has a past, and that is followed for the first time after that.
class OpeningIT {
    private static final int OPENED_AT = 5;
    private static final long CHANNEL = 900_001;
    private static final long LACKING = 900_002;

    private final FakeLog log = new FakeLog();
    private final Holdings holdings = new Holdings(NODE_A);

    /// The channel's record tells what was pushed to open it. That is part of what the node says it holds, and is not posted beside it.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatOpenedAChannelIsPartOfItsOpening(boolean weOpened) {
        holdings.walletMoves(5_000_000);
        holdings.open(CHANNEL, 1_000_000, 400_000, weOpened, 6).stream()
                .filter(fact -> fact.topic() == Topic.CHANNELS)
                .forEach(log::append);
        log.append(holdings.receive(CHANNEL, 1, 7_000_123, 7));
        RuleSet rules = RuleSet.defaults().withoutSilence().openedAt(Optional.of(at(OPENED_AT)));

        try (TestLedger ledger = new TestLedger(log)) {
            for (int minute = 8; minute < 40; minute += 10) {
                log.append(holdings.balances(minute));
                log.append(holdings.send(CHANNEL, minute, 1_000_000, 10, minute + 2));
                Fact.coverAll(log, NODE_A, minute + 5, 100);
                ledger.applier(rules).apply(log.readAll(), at(minute + 5));
                ledger.groups(rules).decideDirty(at(minute + 5));
            }

            assertThat(
                            ledger.rows(
                                    "SELECT COALESCE(local_residual_msat::text, 'not told') || ' ' || wallet_residual_msat"
                                            + " FROM ledger.proof ORDER BY observed_at"))
                    .hasSizeGreaterThan(2)
                    .containsOnly("0 0");
            ledger.checkIdentity();
        }
    }

    /// The clock of a replay stands still while a node is read, and a block can be dated later than it came.
    @Test
    void whatWasSeenInTheMomentOfTheReadingIsInIt() throws InvalidProtocolBufferException {
        holdings.walletMoves(5_000_000);
        RuleSet rules = RuleSet.defaults().withoutSilence().openedAt(Optional.of(at(OPENED_AT)));

        try (TestLedger ledger = new TestLedger(log)) {
            for (int minute = 8; minute < 40; minute += 10) {
                ChainRecord deposit =
                        ChainRecord.parseFrom(holdings.deposit(minute, 700_000, minute).value())
                                .toBuilder()
                                .setEnvelope(envelope(minute))
                                .setTime(at(minute + 1).getEpochSecond())
                                .build();
                BalanceRecord reading =
                        BalanceRecord.parseFrom(holdings.balances(minute).value()).toBuilder()
                                .setEnvelope(envelope(minute))
                                .build();
                String key = RecordKeys.of(NODE_A);
                log.append(new Fact(Topic.CHAIN, key, deposit.toByteArray()));
                log.append(new Fact(Topic.BALANCES, key, reading.toByteArray()));
                Fact.coverAll(log, NODE_A, minute + 5, 100);
                ledger.applier(rules).apply(log.readAll(), at(minute + 5));
                ledger.groups(rules).decideDirty(at(minute + 5));
            }

            assertThat(ledger.rows("SELECT wallet_residual_msat::text FROM ledger.proof"))
                    .hasSizeGreaterThan(2)
                    .containsOnly("0");
            ledger.checkIdentity();
        }
    }

    /// Nobody knows how the channels share what the node's sum has above their whole satoshis, until one of them moves.
    @Test
    void whatOneChannelLacksIsNotTakenForWhatAnothersOpeningLeavesOpen() {
        for (long channel : List.of(CHANNEL, LACKING)) {
            log.append(holdings.open(channel, 1_000_000, 400_000, false, 6).getFirst());
        }
        holdings.receive(CHANNEL, 1, 900, 7);
        holdings.receive(LACKING, 2, 100, 7);
        RuleSet rules = RuleSet.defaults().withoutSilence().openedAt(Optional.of(at(OPENED_AT)));

        try (TestLedger ledger = new TestLedger(log)) {
            for (int minute = 8; minute < 50; minute += 10) {
                log.append(holdings.balances(minute));
                Fact.coverAll(log, NODE_A, minute + 5, 100);
                ledger.applier(rules).apply(log.readAll(), at(minute + 5));
                ledger.groups(rules).decideDirty(at(minute + 5));
                if (minute == 8) {
                    log.append(holdings.receive(CHANNEL, 3, 150, 15));
                    holdings.receive(LACKING, 4, 7_000_000, 15);
                }
            }

            assertThat(
                            ledger.rows(
                                    "SELECT DISTINCT channel_point FROM ledger.proof_channel WHERE residual_msat <> 0"))
                    .containsExactly(Holdings.point(LACKING));
            assertThat(
                            ledger.rows(
                                    "SELECT count(*)::text FROM ledger.proof_channel WHERE drift_msat <> 0"))
                    .as("proofs that drift")
                    .doesNotContain("0");
            ledger.checkIdentity();
        }
    }

    private static Envelope envelope(int minute) {
        return Envelope.newBuilder()
                .setNode(NODE_A.pubkey())
                .setObservedAtNs(Times.nanos(at(minute)) + 1_234)
                .build();
    }
}
