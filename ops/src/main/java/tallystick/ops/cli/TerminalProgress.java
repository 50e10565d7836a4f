package tallystick.ops.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import tallystick.ops.pipeline.Progress;

/// On a terminal one live line; elsewhere a plain line now and then. Any thread.
final class TerminalProgress implements Progress {
    private static final int WIDTH = 98;

    /// Between two plain lines about the same step: enough for a log, not more.
    private static final Duration PLAIN_PERIOD = Duration.ofSeconds(5);

    /// Between two changes of the live line: more often only flickers.
    private static final Duration LIVE_PERIOD = Duration.ofMillis(100);

    private static final double MILLIS_PER_SECOND = 1_000.0;

    private final PrintStream out;
    private final boolean live;
    private final InstantSource clock;
    private Instant stepBegun;
    private Instant lastShown;
    private boolean isLineOpen;

    /// @param live whether `out` is a terminal that can rewrite a line
    TerminalProgress(PrintStream out, boolean live, InstantSource clock) {
        this.out = out;
        this.live = live;
        this.clock = clock;
        this.stepBegun = clock.instant();
        this.lastShown = Instant.EPOCH;
    }

    /// For stderr of this process.
    static TerminalProgress ofThisProcess() {
        boolean live = Styles.isTerminal() && !"dumb".equals(System.getenv("TERM"));
        return new TerminalProgress(System.err, live, InstantSource.system());
    }

    @Override
    public synchronized void now(String what) {
        Instant now = clock.instant();
        Duration period = live ? LIVE_PERIOD : PLAIN_PERIOD;
        if (lastShown.plus(period).isAfter(now)) {
            return;
        }
        lastShown = now;
        if (live) {
            out.print("\r" + padded("  " + what + " ..."));
            isLineOpen = true;
        } else {
            out.println("  " + what + " ...");
        }
        out.flush();
    }

    @Override
    public synchronized void done(String what) {
        Instant now = clock.instant();
        double seconds = Duration.between(stepBegun, now).toMillis() / MILLIS_PER_SECOND;
        String time = String.format(Locale.ROOT, "%.1f s", seconds);
        String line = "  " + what;
        int gap = Math.max(1, WIDTH - line.length() - time.length());
        out.println((isLineOpen ? "\r" : "") + line + " ".repeat(gap) + time);
        out.flush();
        isLineOpen = false;
        stepBegun = now;
        lastShown = Instant.EPOCH;
    }

    @Override
    public synchronized void close() {
        if (isLineOpen) {
            out.print("\r" + " ".repeat(WIDTH) + "\r");
            out.flush();
            isLineOpen = false;
        }
    }

    private static String padded(String line) {
        return line.length() >= WIDTH
                ? line.substring(0, WIDTH)
                : line + " ".repeat(WIDTH - line.length());
    }
}
