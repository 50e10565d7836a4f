package tallystick.ledger.mismatch;

import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import tallystick.ledger.Msat;

/// The settings of the rules, under one version.
///
/// @param version a decision names the version it rests on
/// @param graceBooks how long the books may take after the node's event (g)
/// @param graceNode how long the node may take after a booking (h)
/// @param stuckAfter a payment under way longer than this is stuck (T1)
/// @param emptyAfter a payment under way without any HTLC for longer than this (T2)
/// @param roundingBound what may be rounded away on one day
/// @param zone in which a day begins and ends
public record RuleSet(
        int version,
        Duration graceBooks,
        Duration graceNode,
        Duration stuckAfter,
        Duration emptyAfter,
        Msat roundingBound,
        ZoneId zone) {
    public RuleSet {
        requireNotNegative("rules.grace-books", graceBooks);
        requireNotNegative("rules.grace-node", graceNode);
        requireNotNegative("rules.stuck-after", stuckAfter);
        requireNotNegative("rules.empty-after", emptyAfter);
    }

    public static RuleSet defaults() {
        return new RuleSet(
                1,
                Duration.ofMinutes(5),
                Duration.ofMinutes(5),
                Duration.ofHours(1),
                Duration.ofMinutes(10),
                Msat.of(100_000),
                ZoneOffset.UTC);
    }

    private static void requireNotNegative(String name, Duration value) {
        if (value.isNegative()) {
            throw new IllegalArgumentException(
                    "%s: %s (expected: not negative)".formatted(name, value));
        }
    }
}
