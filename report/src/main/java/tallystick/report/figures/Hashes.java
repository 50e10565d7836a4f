package tallystick.report.figures;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Writes hashes and node keys so that people can tell them apart: the first 8 and the last 6 digits.
/// What stands around a hash (a prefix, an output's index, a day) stays as it is.
public final class Hashes {
    /// A hash has 64 hex digits, a node's key 66.
    private static final Pattern HASH = Pattern.compile("(?<![0-9a-f])[0-9a-f]{64,66}(?![0-9a-f])");

    private static final Pattern KIND = Pattern.compile("^(payment_hash|set_id|tx|channel):");
    private static final Pattern KIND_OF_HASH =
            Pattern.compile("\\b(payment_hash|set_id|tx|channel):(?=[0-9a-f]{64})");
    private static final int HEAD = 8;
    private static final int TAIL = 6;

    private Hashes() {}

    /// A text with one hash in it, taken apart. Without a hash everything is in `before`.
    public record Parts(String before, String head, String middle, String tail, String after) {
        public boolean hasHash() {
            return !head.isEmpty();
        }
    }

    public static Parts parts(String text) {
        Matcher hash = HASH.matcher(text);
        if (!hash.find()) {
            return new Parts(text, "", "", "", "");
        }
        int tail = hash.end() - TAIL;
        return new Parts(
                text.substring(0, hash.start()),
                text.substring(hash.start(), hash.start() + HEAD),
                text.substring(hash.start() + HEAD, tail),
                text.substring(tail, hash.end()),
                text.substring(hash.end()));
    }

    /// `payment_hash:ca0f5515…c032e5`, `channel:898b0ffc…f60b28:1`.
    public static String shortened(String text) {
        Parts parts = parts(text);
        return parts.hasHash()
                ? parts.before() + parts.head() + "…" + parts.tail() + parts.after()
                : text;
    }

    /// The same without the prefix of a payment, transaction or channel: `ca0f5515…c032e5`, `898b0ffc…f60b28:1`.
    public static String bare(String reference) {
        return shortened(withoutKind(reference));
    }

    /// A text with a reference in it somewhere, with the reference as `bare` has it: `settled, ca0f5515…c032e5`.
    public static String within(String text) {
        return shortened(KIND_OF_HASH.matcher(text).replaceFirst(""));
    }

    /// As short as it can be told from others: `ca0f5515…`, `898b0ffc…:1`.
    public static String briefly(String reference) {
        String text = withoutKind(reference);
        Parts parts = parts(text);
        return parts.hasHash() ? parts.before() + parts.head() + "…" + parts.after() : text;
    }

    /// The reference without the prefix of a payment, transaction or channel.
    public static String withoutKind(String reference) {
        return KIND.matcher(reference).replaceFirst("");
    }
}
