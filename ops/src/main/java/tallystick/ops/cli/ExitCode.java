package tallystick.ops.cli;

/// How a command ended, for scripts.
final class ExitCode {
    static final int OK = 0;

    /// Wrong use, or input that cannot be read.
    static final int BAD_INPUT = 2;

    /// All went well and mismatches are open; only with `--fail-on-mismatch`. Of `prove`: something does not foot. Of
    /// `pack --check`: a file is not as packed. Of a benchmark: a figure misses its limit.
    static final int MISMATCHES = 3;

    /// A node, broker, database or program that is needed is not there.
    static final int UNAVAILABLE = 69;

    /// Our own mistake.
    static final int INTERNAL = 70;

    static final int BAD_CONFIGURATION = 78;

    /// As a shell says of Ctrl-C.
    static final int INTERRUPTED = 130;

    private ExitCode() {}
}
