package tallystick.ledger.mismatch;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How the node half of an AMBIGUOUS_MATCH tells a settlement of one of its alternatives: `alternative 1: payment_hash:…`.
///
/// @param number of the alternative, from 1
/// @param reference of the settlement
public record AlternativeLine(int number, String reference) {
    private static final Pattern TEXT = Pattern.compile("alternative (\\d{1,9}): (.+)");

    public String text() {
        return "alternative %d: %s".formatted(number, reference);
    }

    /// Reads what `text` gave; empty when it is any other line.
    public static Optional<AlternativeLine> parse(String text) {
        Matcher line = TEXT.matcher(text);
        return line.matches()
                ? Optional.of(new AlternativeLine(Integer.parseInt(line.group(1)), line.group(2)))
                : Optional.empty();
    }
}
