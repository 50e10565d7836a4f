package tallystick.ledger.match;

import java.time.Duration;

/// The bounds of matching.
///
/// @param keyWindow how far apart an entry and a settlement that name the same order may lie
/// @param amountWindow how far apart they may lie when only the amount speaks for them
/// @param membersMax most settlements of one entry, and most entries of one settlement
/// @param poolMax most settlements or entries among which sets are looked for; the nearest in time are taken
/// @param alternativesMax most alternatives that are listed
/// @param stepsMax most steps of one search; a step tries one more member
public record MatchRules(
        Duration keyWindow,
        Duration amountWindow,
        int membersMax,
        int poolMax,
        int alternativesMax,
        int stepsMax) {
    public MatchRules {
        Parts.requirePositive("key window in seconds", keyWindow.toSeconds());
        Parts.requirePositive("amount window in seconds", amountWindow.toSeconds());
        Parts.requirePositive("members", membersMax);
        Parts.requirePositive("pool", poolMax);
        Parts.requirePositive("alternatives", alternativesMax);
        Parts.requirePositive("steps", stepsMax);
    }

    /// The figures behind them: docs/adr/019.
    public static MatchRules defaults() {
        return new MatchRules(Duration.ofDays(30), Duration.ofDays(2), 4, 64, 12, 100_000);
    }
}
