package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tallystick.kafka.Topic;
import tallystick.ledger.mismatch.RuleSet;

/// A ledger that begins with a node that has a past, and that is followed for the first time after that.
class OpeningIT {
    private static final int OPENED_AT = 5;
    private static final long CHANNEL = 900_001;

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
}
