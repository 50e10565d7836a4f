package tallystick.ops.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.kafka.Topic;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.proto.v1.BalanceRecord;
import tallystick.proto.v1.Envelope;
import tallystick.reconcile.ReconcileConfig.Pace;
import tallystick.reconcile.Reconciler;

/// The ledger's check of itself, beside the workers of a reconciler that runs.
class LedgerCheckIT {
    private static final String NODE = "02".repeat(33);
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private static final String CHANGED =
            """
            UPDATE ledger.balance SET debit_msat = debit_msat + %d
             WHERE (account_id, partition_number) = (SELECT account_id, partition_number FROM ledger.balance
                                                      ORDER BY account_id, partition_number LIMIT 1)
            """;

    @TempDir Path directory;

    @Test
    void findsWithTheNextReadingWhatWasChangedBehindItsBack() throws Exception {
        try (RunningLedger ledger = RunningLedger.start(directory.resolve("data"));
                Reconciler reconciler = ledger.reconciler(RuleSet.defaults(), Pace.CONTINUOUS)) {
            reconciler.start();
            ledger.publish(1, 3);
            reconciler.applyNow();
            assertThat(open(ledger)).isEmpty();

            ledger.executeAsOwner(CHANGED.formatted(5));
            tellBalances(ledger, 1);
            assertThat(openOnce(ledger, 1))
                    .singleElement()
                    .asString()
                    .contains("TRIAL_BALANCE_OFF");

            ledger.executeAsOwner(CHANGED.formatted(-5));
            tellBalances(ledger, 2);
            assertThat(openOnce(ledger, 0)).isEmpty();
            reconciler.throwIfFailed();
        }
    }

    private static void tellBalances(RunningLedger ledger, int second) {
        long moment = Instant.parse("2026-11-22T09:30:00Z").getEpochSecond() + second;
        BalanceRecord reading =
                BalanceRecord.newBuilder()
                        .setEnvelope(
                                Envelope.newBuilder()
                                        .setNode(NODE)
                                        .setObservedAtNs(TimeUnit.SECONDS.toNanos(moment)))
                        .build();
        ledger.send(List.of(RunningLedger.record(Topic.BALANCES, NODE, reading.toByteArray())));
    }

    private static List<String> open(RunningLedger ledger) {
        return ledger.ledger().stream()
                .filter(row -> row.startsWith("register.mismatch"))
                .filter(row -> row.contains("ledger:accounts") && row.contains("OPEN"))
                .toList();
    }

    /// What is open as soon as there are so many; at the latest after the limit, whatever there is.
    private static List<String> openOnce(RunningLedger ledger, int count)
            throws InterruptedException {
        long begun = System.nanoTime();
        List<String> found = open(ledger);
        while (found.size() != count && System.nanoTime() - begun < LIMIT.toNanos()) {
            TimeUnit.MILLISECONDS.sleep(100);
            found = open(ledger);
        }
        return found;
    }
}
