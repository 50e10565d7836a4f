package tallystick.serve.testing;

import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import tallystick.ledger.decision.Decision;
import tallystick.serve.mismatch.Decisions;

/// Keeps what is decided; nothing takes effect.
public final class FakeDecisions implements Decisions {
    private final List<Decision> submitted = new CopyOnWriteArrayList<>();

    public List<Decision> submitted() {
        return submitted;
    }

    @Override
    public int ruleVersion() {
        return 3;
    }

    @Override
    public Answer submit(Decision decision, String reference, String node, Duration limit) {
        submitted.add(decision);
        return new Answer(OptionalLong.empty());
    }
}
