package tallystick.report.figures;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Writes amounts for people: in sat, thousands with a comma, always three digits of msat. Nothing is ever rounded.
/// A page has a true minus sign, a terminal the plain hyphen. An amount is a long, or a sum of any size. Immutable.
public final class Amounts {
    public static final Amounts PAGE = new Amounts('\u2212');
    public static final Amounts TERMINAL = new Amounts('-');

    /// The fraction of an amount in a sentence: of one sat or more, and followed by its unit.
    private static final Pattern FRACTION =
            Pattern.compile("(?<=[1-9]|[0-9]{2}|,[0-9]{3})\\.[0-9]{3}(?= sat)");

    private static final int MSAT_DIGITS = 3;
    private static final int GROUP = 3;

    private final char minus;

    private Amounts(char minus) {
        this.minus = minus;
    }

    /// For example `72,672.905`; with a minus when negative.
    public String sat(Number msat) {
        return whole(msat) + fraction(msat);
    }

    /// The same with a plus when more than zero: for columns that have both directions.
    public String signedSat(Number msat) {
        return plus(msat) + sat(msat);
    }

    /// For example `72,672,905`: the exact amount in msat.
    public String msat(Number msat) {
        return sign(msat) + grouped(digits(msat));
    }

    /// What stands before the point, with the sign.
    public String whole(Number msat) {
        String digits = digits(msat);
        String sat =
                digits.length() > MSAT_DIGITS
                        ? digits.substring(0, digits.length() - MSAT_DIGITS)
                        : "0";
        return sign(msat) + grouped(sat);
    }

    /// What stands before the point, with a plus when more than zero.
    public String signedWhole(Number msat) {
        return plus(msat) + whole(msat);
    }

    /// The point and three digits.
    public String fraction(Number msat) {
        String padded = "0".repeat(MSAT_DIGITS) + digits(msat);
        return "." + padded.substring(padded.length() - MSAT_DIGITS);
    }

    /// True when the fraction is the amount, so that it must not be dimmed.
    public static boolean isBelowOneSat(Number msat) {
        String digits = digits(msat);
        return !digits.equals("0") && digits.length() <= MSAT_DIGITS;
    }

    /// A part of a sentence: the fraction of an amount, or what stands between.
    public record Piece(String text, boolean isFraction) {}

    /// Takes a sentence apart at the fractions of its amounts, so that they can be dimmed.
    public static List<Piece> pieces(String sentence) {
        List<Piece> pieces = new ArrayList<>();
        Matcher fraction = FRACTION.matcher(sentence);
        int end = 0;
        while (fraction.find()) {
            pieces.add(new Piece(sentence.substring(end, fraction.start()), false));
            pieces.add(new Piece(fraction.group(), true));
            end = fraction.end();
        }
        pieces.add(new Piece(sentence.substring(end), false));
        return pieces;
    }

    /// A count with thousands separated.
    public static String count(long number) {
        return TERMINAL.msat(number);
    }

    private String sign(Number msat) {
        return isNegative(msat) ? String.valueOf(minus) : "";
    }

    private static String plus(Number msat) {
        return isNegative(msat) || digits(msat).equals("0") ? "" : "+";
    }

    private static boolean isNegative(Number msat) {
        return msat.toString().startsWith("-");
    }

    /// Without the sign; as text, for the smallest long has no positive counterpart.
    private static String digits(Number msat) {
        String text = msat.toString();
        return isNegative(msat) ? text.substring(1) : text;
    }

    private static String grouped(String digits) {
        StringBuilder text = new StringBuilder(digits.length() + digits.length() / GROUP);
        for (int i = 0; i < digits.length(); i++) {
            if (i > 0 && (digits.length() - i) % GROUP == 0) {
                text.append(',');
            }
            text.append(digits.charAt(i));
        }
        return text.toString();
    }
}
