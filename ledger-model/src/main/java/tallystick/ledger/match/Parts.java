package tallystick.ledger.match;

/// Checks that both sides share.
final class Parts {
    private Parts() {}

    static void requirePositive(String name, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException(
                    "%s: %d (expected: more than 0)".formatted(name, value));
        }
    }
}
