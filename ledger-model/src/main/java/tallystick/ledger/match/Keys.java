package tallystick.ledger.match;

import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The texts by which entries and settlements name one another: a hash, an order, a word of a memo that looks like an order's
/// number.
public final class Keys {
    /// Longer texts name nothing.
    private static final int TEXT_MAX = 100;

    /// Most words of one memo that are taken as keys: each is a row while the settlement is not booked.
    private static final int WORDS_MAX = 6;

    /// What comes later in a memo is not looked at.
    private static final int MEMO_READ_MAX = 1_000;

    private static final String HASH = "hash:";
    private static final String TEXT = "text:";
    private static final Pattern HEX_32 =
            Pattern.compile("(?<![0-9a-zA-Z])[0-9a-fA-F]{64}(?![0-9a-zA-Z])");
    private static final Pattern SPACE = Pattern.compile("[\\s\\x00]+");
    private static final Pattern PART = Pattern.compile("[^\\s,;:()\\[\\]{}\"'#|]+");
    private static final Pattern END_OF_WORD = Pattern.compile("[.!?]+$");

    /// Four characters at least, with a digit: shorter ones are counts and sizes.
    private static final Pattern NUMBER =
            Pattern.compile("(?=.*[0-9])[\\p{L}0-9][\\p{L}0-9._/-]{3,63}");

    private static final Pattern DATE =
            Pattern.compile(
                    "[0-9]{4}[-./][0-9]{1,2}[-./][0-9]{1,2}.*|[0-9]{1,2}[-./][0-9]{1,2}[-./][0-9]{2,4}|(19|20)[0-9]{2}");

    private Keys() {}

    /// What an entry names: the hashes in its order or memo; else its order; else what its memo holds.
    ///
    /// @param order empty when there is none
    /// @param memo empty when there is none
    public static SortedSet<String> ofBooking(String order, String memo) {
        SortedSet<String> keys = new TreeSet<>();
        addHashes(keys, order);
        addHashes(keys, memo);
        if (!keys.isEmpty()) {
            return keys;
        }
        String text = normal(order);
        if (isText(text)) {
            keys.add(TEXT + text);
            return keys;
        }
        addWords(keys, normal(memo));
        return keys;
    }

    /// What a settlement can be named by: its hash, and what the invoice's memo holds.
    public static SortedSet<String> ofSettlement(String hash, String memo) {
        SortedSet<String> keys = new TreeSet<>();
        keys.add(ofHash(hash));
        String whole = normal(memo);
        if (isText(whole)) {
            keys.add(TEXT + whole);
        }
        addWords(keys, whole);
        return keys;
    }

    public static String ofHash(String hash) {
        return HASH + hash.toLowerCase(Locale.ROOT);
    }

    /// True for a key that only one settlement can have.
    static boolean isHash(String key) {
        return key.startsWith(HASH);
    }

    private static void addHashes(SortedSet<String> keys, String text) {
        Matcher matcher = HEX_32.matcher(text);
        while (matcher.find()) {
            keys.add(ofHash(matcher.group()));
        }
    }

    /// A memo as a whole may be anything; of its words those count that look like a number of something.
    private static void addWords(SortedSet<String> keys, String memo) {
        Matcher parts = PART.matcher(memo.substring(0, Math.min(memo.length(), MEMO_READ_MAX)));
        int words = 0;
        while (words < WORDS_MAX && parts.find()) {
            String word = END_OF_WORD.matcher(parts.group()).replaceAll("");
            if (NUMBER.matcher(word).matches() && !DATE.matcher(word).matches()) {
                keys.add(TEXT + word);
                words++;
            }
        }
    }

    private static boolean isText(String text) {
        return !text.isEmpty() && text.length() <= TEXT_MAX;
    }

    /// In lower case, with single blanks, without a leading `#`. Invoices may hold a NUL character, keys cannot.
    private static String normal(String text) {
        String one = SPACE.matcher(text).replaceAll(" ").strip().toLowerCase(Locale.ROOT);
        return one.startsWith("#") ? one.substring(1).strip() : one;
    }
}
