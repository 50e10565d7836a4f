package tallystick.ops.pipeline;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.KafkaException;
import tallystick.ledger.decision.Decision;
import tallystick.reconcile.DecisionDesk;
import tallystick.reconcile.ReconcileException;
import tallystick.serve.mismatch.Decisions;

/// Decisions of the API, written as those of the command line are.
public final class DeskDecisions implements Decisions {
    private final DecisionDesk desk;
    private final BooleanSupplier isReplay;

    /// @param isReplay true while the ledger is a replay's, as nothing would ever apply a decision about it
    public DeskDecisions(DecisionDesk desk, BooleanSupplier isReplay) {
        this.desk = desk;
        this.isReplay = isReplay;
    }

    @Override
    public int ruleVersion() {
        return desk.ruleVersion();
    }

    @Override
    public Answer submit(Decision decision, String reference, String node, Duration limit)
            throws InterruptedException {
        if (isReplay.getAsBoolean()) {
            throw new IllegalArgumentException(
                    "ledger: a replay's (expected: one that `tallystick run` keeps, as it applies decisions)");
        }
        try {
            return new Answer(desk.submit(decision, reference, node, limit).sequence());
        } catch (ReconcileException | KafkaException e) {
            throw new UnreachableException(String.valueOf(e.getMessage()), e);
        }
    }
}
