package tallystick.ledger;

import java.util.regex.Pattern;

/// What a reference looks like in text.
final class Patterns {
    private static final int HEX_32_LENGTH = 64;
    private static final int NUMBER_LENGTH_MAX = 20;
    static final Pattern HTLC = Pattern.compile("[0-9]{1,20}|t[0-9]{1,20}(-[0-9]{1,20}){0,4}");
    static final Pattern PLACE = Pattern.compile("[A-Za-z0-9._-]+-\\d{1,9}@\\d{1,18}~[0-9a-f]{8}");

    static final String FORMS =
            "payment_hash:<hex>, set_id:<hex>, channel:<txid>:<index>, tx:<txid>,"
                    + " forward:<chan_in>:<htlc_in>, forwards:<pubkey>:<YYYY-MM-DD>, order:<text> or entry:<source>/<entry_id>";

    private Patterns() {}

    static boolean isOneLine(String text) {
        return text.indexOf('\n') < 0
                && text.indexOf('\r') < 0
                && text.indexOf('\u0085') < 0
                && text.indexOf('\u2028') < 0
                && text.indexOf('\u2029') < 0;
    }

    static boolean isLowerHex(String text) {
        for (int i = 0; i < text.length(); i++) {
            char digit = text.charAt(i);
            if ((digit < '0' || digit > '9') && (digit < 'a' || digit > 'f')) {
                return false;
            }
        }
        return true;
    }

    /// By hand, as every record and every stored item has such a value.
    static void requireHex32(String value, String name) {
        if (value.length() != HEX_32_LENGTH || !isLowerHex(value)) {
            throw new IllegalArgumentException(
                    "%s: %s (expected: 64 hex digits)".formatted(name, value));
        }
    }

    /// By hand, as every forward has two.
    static boolean isNumber(String text) {
        if (text.isEmpty() || text.length() > NUMBER_LENGTH_MAX) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    static void require(Pattern pattern, String value, String name, String expected) {
        if (!pattern.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "%s: %s (expected: %s)".formatted(name, value, expected));
        }
    }

    static String lower(String hex) {
        return hex.toLowerCase(java.util.Locale.ROOT);
    }

    static int lastColon(String rest) {
        int colon = rest.lastIndexOf(':');
        if (colon < 0) {
            throw unknown(rest);
        }
        return colon;
    }

    static IllegalArgumentException unknown(String text) {
        return new IllegalArgumentException("reference: %s (expected: %s)".formatted(text, FORMS));
    }
}
