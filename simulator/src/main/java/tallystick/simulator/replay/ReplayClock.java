package tallystick.simulator.replay;

import java.time.Instant;
import java.time.InstantSource;

/// The one clock of a replay: the moment of the line that was reached. Any thread reads it, the replay moves it.
final class ReplayClock implements InstantSource {
    private volatile Instant now;

    ReplayClock(Instant start) {
        now = start;
    }

    @Override
    public Instant instant() {
        return now;
    }

    /// Never goes back: lines of several nodes may carry the same moment, and a resumed replay starts where it was.
    void moveTo(Instant moment) {
        if (moment.isAfter(now)) {
            now = moment;
        }
    }
}
