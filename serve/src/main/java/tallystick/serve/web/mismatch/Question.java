package tallystick.serve.web.mismatch;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URLEncoder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tallystick.db.query.MismatchList.After;
import tallystick.db.query.MismatchList.Filter;
import tallystick.db.query.MismatchList.Sort;
import tallystick.report.figures.Severity;
import tallystick.serve.web.http.Fields;

/// What somebody looks for among the mismatches, as it stands in the address of the page. What is no choice counts as none.
/// Immutable.
///
/// @param words as they were typed
/// @param severity this or worse
/// @param after where the page begins
public record Question(
        String words,
        String code,
        String node,
        Severity severity,
        Age age,
        State state,
        Sort sort,
        After after) {
    private static final int TEXT_MAX = 200;

    /// Sat with msat after the point, or msat: `9,818`, `9818.000`, `9818000`.
    private static final Pattern AMOUNT =
            Pattern.compile("([0-9][0-9,]{0,25})(\\.[0-9]{3})?( sat)?");

    private static final BigInteger MSAT_PER_SAT = BigInteger.valueOf(1_000);

    /// How long ago it was due.
    public enum Age {
        ANY("Any", Duration.ZERO, Duration.ZERO),
        DAY("under 1 day", Duration.ZERO, Duration.ofDays(1)),
        DAYS("1 to 3 days", Duration.ofDays(1), Duration.ofDays(3)),
        WEEK("3 to 7 days", Duration.ofDays(3), Duration.ofDays(7)),
        OLD("over 7 days", Duration.ofDays(7), Duration.ofDays(365_000));

        private final String label;
        private final Duration from;
        private final Duration to;

        Age(String label, Duration from, Duration to) {
            this.label = label;
            this.from = from;
            this.to = to;
        }

        public String label() {
            return label;
        }
    }

    /// How it stands, with the sign that goes with the word.
    public enum State {
        OPEN("≠ Open"),
        IGNORED("– Ignored"),
        RESOLVED("✓ Resolved"),
        CLOSED("= Closed"),
        ANY("Any");

        private final String label;

        State(String label) {
            this.label = label;
        }

        public String label() {
            return label;
        }

        private String stored() {
            return this == ANY ? "" : name();
        }
    }

    static Question of(Fields query) {
        return new Question(
                cut(query.text("q")),
                cut(query.text("code")),
                cut(query.text("node")),
                choice(Severity.class, query.text("severity"), Severity.LOW),
                choice(Age.class, query.text("age"), Age.ANY),
                choice(State.class, query.text("state"), State.OPEN),
                choice(Sort.class, query.text("sort"), Sort.SEVERITY),
                after(query.text("after")));
    }

    private static String cut(String text) {
        return text.substring(0, Math.min(TEXT_MAX, text.length()));
    }

    private static <E extends Enum<E>> E choice(Class<E> type, String text, E otherwise) {
        return Arrays.stream(type.getEnumConstants())
                .filter(one -> one.name().equalsIgnoreCase(text))
                .findFirst()
                .orElse(otherwise);
    }

    /// @param now from which ages count
    Filter filter(Instant now) {
        Optional<Instant> from = age == Age.ANY ? Optional.empty() : Optional.of(now.minus(age.to));
        Optional<Instant> until =
                age == Age.ANY ? Optional.empty() : Optional.of(now.minus(age.from));
        String typed = words.toLowerCase(Locale.ROOT);
        return new Filter(
                state.stored(),
                code,
                node,
                Arrays.stream(Severity.values())
                        .filter(one -> one.compareTo(severity) <= 0)
                        .map(Severity::name)
                        .toList(),
                typed,
                amounts(typed),
                from,
                until);
    }

    /// What a number may mean: with a point or a unit it is sat; else sat or msat.
    static List<BigInteger> amounts(String typed) {
        var amount = AMOUNT.matcher(typed);
        if (!amount.matches()) {
            return List.of();
        }
        BigInteger whole = new BigInteger(amount.group(1).replace(",", ""));
        String fraction = Optional.ofNullable(amount.group(2)).orElse("");
        BigInteger sat =
                whole.multiply(MSAT_PER_SAT)
                        .add(
                                fraction.isEmpty()
                                        ? BigInteger.ZERO
                                        : new BigInteger(fraction.substring(1)));
        return fraction.isEmpty() && amount.group(3) == null ? List.of(sat, whole) : List.of(sat);
    }

    /// True when not simply everything that is open is asked for.
    public boolean isNarrowed() {
        return !equals(of(Fields.NONE).sorted(sort).from(after));
    }

    Question sorted(Sort other) {
        return new Question(words, code, node, severity, age, state, other, After.NOTHING);
    }

    Question from(After other) {
        return new Question(words, code, node, severity, age, state, sort, other);
    }

    /// The address of its page; what is as usual is left out.
    String path() {
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put("q", words);
        parts.put("code", code);
        parts.put("node", node);
        parts.put("severity", severity == Severity.LOW ? "" : severity.name());
        parts.put("age", age == Age.ANY ? "" : age.name());
        parts.put("state", state == State.OPEN ? "" : state.name());
        parts.put("sort", sort == Sort.SEVERITY ? "" : sort.name().toLowerCase(Locale.ROOT));
        parts.put("after", token(after));
        String query =
                parts.entrySet().stream()
                        .filter(one -> !one.getValue().isEmpty())
                        .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), UTF_8))
                        .collect(Collectors.joining("&"));
        return MismatchPages.PATH + (query.isEmpty() ? "" : "?" + query);
    }

    private static String token(After after) {
        if (after.id().length == 0) {
            return "";
        }
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        return String.join(
                ".",
                after.number().toPlainString().replace('.', '_'),
                encoder.encodeToString(after.text().getBytes(UTF_8)),
                encoder.encodeToString(after.id()));
    }

    /// A token that is none begins at the beginning.
    private static After after(String token) {
        List<String> parts = new ArrayList<>(List.of(token.split("\\.", -1)));
        try {
            if (parts.size() == 3 && parts.get(0).length() <= 40) {
                return new After(
                        new BigDecimal(parts.get(0).replace('_', '.')),
                        new String(Base64.getUrlDecoder().decode(parts.get(1)), UTF_8)
                                .replace("\0", ""),
                        Base64.getUrlDecoder().decode(parts.get(2)));
            }
        } catch (IllegalArgumentException _) {
            // Falls through to the beginning.
        }
        return After.NOTHING;
    }
}
