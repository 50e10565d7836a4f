package tallystick.ops.acceptance;

import java.util.random.RandomGenerator;

/// When and how a replay is to be killed.
///
/// @param what is killed
/// @param sequence of the batch that must have been seen committed before
/// @param delayMillis between that and the kill
record Kill(What what, long sequence, long delayMillis) {
    private static final long DELAY_MILLIS_MAX = 400;

    /// What is killed, harsher from one to the next.
    enum What {
        /// Its Postgres stays behind.
        THE_PROGRAM,
        /// Its Postgres, which leads a group of its own, stays behind too.
        THE_PROCESS_GROUP,
        /// And Postgres, right after it.
        EVERYTHING
    }

    /// @param number of this kill; kinds take turns
    /// @param lastSequence of a replay that nothing disturbs
    static Kill draw(RandomGenerator random, int number, long lastSequence) {
        What[] all = What.values();
        return new Kill(
                all[number % all.length],
                random.nextLong(1, lastSequence),
                random.nextLong(DELAY_MILLIS_MAX + 1));
    }
}
