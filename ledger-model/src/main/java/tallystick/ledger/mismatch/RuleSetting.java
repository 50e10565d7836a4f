package tallystick.ledger.mismatch;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tallystick.ledger.Msat;
import tallystick.ledger.books.EntryKind;

/// One thing that can be set in the rules: its name in a rules file, its default, what it means.
public enum RuleSetting {
    GRACE_BOOKS(Kind.DURATION, "5m", "time the books have after a node's event (g)"),
    GRACE_NODE(Kind.DURATION, "5m", "time a node has after a booking (h)"),
    STUCK_AFTER(Kind.DURATION, "1h", "a payment under way longer than this is stuck (T1)"),
    EMPTY_AFTER(Kind.DURATION, "10m", "a payment under way without any HTLC for longer (T2)"),
    HOLD_AFTER(Kind.DURATION, "1d", "a receipt accepted, but not settled, for longer (T3)"),
    SILENT_AFTER(
            Kind.DURATION, "10m", "a node or stream that says nothing for longer; 0s: never (T4)"),
    APPROVAL_AFTER(Kind.DURATION, "1d", "an adjustment not approved for longer (T5)"),
    REPORT_LATE_AFTER(
            Kind.DURATION, "2h", "a report not issued for longer after it was due; 0s: never (T6)"),
    HOLD_BLOCKS(Kind.COUNT, "18", "fewer blocks than these before an accepted HTLC's deadline (n)"),
    CONFIRMATIONS(Kind.COUNT, "3", "blocks that make a transaction of the wallet count (k)"),
    MATURITY_BLOCKS(
            Kind.COUNT,
            "12",
            "blocks that the node has to take what is ripe after a close by force (m)"),
    TOLERANCE(Kind.MSAT, "0", "difference up to which amounts agree by rule. Unit: msat"),
    ROUNDING(
            Kind.ROUNDED,
            "on",
            "which kinds of entries may be whole satoshis: on, off or some, as receipt,payment"),
    ROUNDING_BOUND(Kind.MSAT, "100000", "of what may be rounded away on one day. Unit: msat"),
    SEVERITY(Kind.SEVERITY, "table", "where it begins: low to critical; table: as the code has it"),
    VALUE_BANDS(Kind.MSAT_LIST, "1000000,100000000", "amounts that each raise the severity by one"),
    AGE_BANDS(Kind.DURATION_LIST, "1d,3d,7d", "ages that each raise the severity by one"),
    MATCH_KEY_WINDOW(
            Kind.SPAN,
            "30d",
            "how far apart an entry and a settlement with the same order may lie"),
    MATCH_AMOUNT_WINDOW(
            Kind.SPAN, "2d", "how far apart they may lie when only the amount speaks for them"),
    MATCH_MEMBERS(Kind.BOUND, "4", "most settlements of one entry, or entries of one settlement"),
    MATCH_POOL(Kind.BOUND, "64", "most settlements or entries that are combined, nearest in time"),
    MATCH_ALTERNATIVES(Kind.BOUND, "12", "most alternatives of a match that are listed"),
    MATCH_STEPS(Kind.BOUND, "100000", "most steps of one search for sums");

    private final String key;
    private final Kind kind;
    private final String defaultText;
    private final String meaning;

    RuleSetting(Kind kind, String defaultText, String meaning) {
        this.key = name().toLowerCase(Locale.ROOT).replace('_', '-');
        this.kind = kind;
        this.defaultText = defaultText;
        this.meaning = meaning;
    }

    /// As it stands in a rules file, for example `grace-books`.
    public String key() {
        return key;
    }

    public String defaultText() {
        return defaultText;
    }

    /// For people.
    public String meaning() {
        return meaning;
    }

    /// True for what a group of items, or the ledger itself, is decided by: they have no node and no account of their own.
    boolean isOfTheLedger() {
        return this == ROUNDING_BOUND || this == REPORT_LATE_AFTER || key.startsWith("match-");
    }

    static Optional<RuleSetting> ofKey(String key) {
        return Arrays.stream(values()).filter(setting -> setting.key.equals(key)).findFirst();
    }

    /// @throws IllegalArgumentException whose message says what was expected
    Object parse(String text) {
        return kind.parse(text);
    }

    /// The one way to write the value; `parse` gives it back.
    String text(Object value) {
        return kind.text(value);
    }

    private enum Kind {
        DURATION {
            @Override
            Object parse(String text) {
                Matcher matcher = DURATION_TEXT.matcher(text);
                if (!matcher.matches()) {
                    throw new IllegalArgumentException("a duration such as 30s, 5m, 1h or 3d");
                }
                long count = Long.parseLong(matcher.group(1));
                Duration duration =
                        switch (matcher.group(2)) {
                            case "s" -> Duration.ofSeconds(count);
                            case "m" -> Duration.ofMinutes(count);
                            case "h" -> Duration.ofHours(count);
                            default -> Duration.ofDays(count);
                        };
                if (duration.compareTo(DURATION_MAX) > 0) {
                    throw new IllegalArgumentException(
                            "at most %d days".formatted(DURATION_MAX.toDays()));
                }
                return duration;
            }

            @Override
            String text(Object value) {
                long seconds = ((Duration) value).toSeconds();
                if (seconds == 0 || seconds % Duration.ofMinutes(1).toSeconds() != 0) {
                    return seconds + "s";
                }
                if (seconds % Duration.ofHours(1).toSeconds() != 0) {
                    return seconds / Duration.ofMinutes(1).toSeconds() + "m";
                }
                return seconds % Duration.ofDays(1).toSeconds() == 0
                        ? seconds / Duration.ofDays(1).toSeconds() + "d"
                        : seconds / Duration.ofHours(1).toSeconds() + "h";
            }
        },
        COUNT {
            @Override
            Object parse(String text) {
                return Math.toIntExact(number(text, COUNT_MAX));
            }
        },
        SPAN {
            @Override
            Object parse(String text) {
                Duration span = (Duration) DURATION.parse(text);
                if (span.isZero()) {
                    throw new IllegalArgumentException("a duration of at least 1s");
                }
                return span;
            }

            @Override
            String text(Object value) {
                return DURATION.text(value);
            }
        },
        BOUND {
            @Override
            Object parse(String text) {
                int bound = Math.toIntExact(number(text, COUNT_MAX));
                if (bound == 0) {
                    throw new IllegalArgumentException("a whole number from 1 to " + COUNT_MAX);
                }
                return bound;
            }
        },
        MSAT {
            @Override
            Object parse(String text) {
                return Msat.of(number(text, MSAT_MAX));
            }

            @Override
            String text(Object value) {
                return Long.toString(((Msat) value).value());
            }
        },
        ROUNDED {
            @Override
            Object parse(String text) {
                return switch (text) {
                    case "on" -> ROUNDED_KINDS;
                    case "off" -> Set.<EntryKind>of();
                    default -> {
                        Set<EntryKind> kinds = new TreeSet<>();
                        split(text).forEach(kind -> kinds.add(rounded(kind)));
                        yield Set.copyOf(kinds);
                    }
                };
            }

            private static EntryKind rounded(String text) {
                return ROUNDED_KINDS.stream()
                        .filter(kind -> kind.text().equals(text))
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "on, off or some of "
                                                        + ROUNDED_KINDS.stream()
                                                                .sorted()
                                                                .map(EntryKind::text)
                                                                .collect(Collectors.joining(","))));
            }

            @Override
            String text(Object value) {
                Set<?> kinds = (Set<?>) value;
                if (kinds.equals(ROUNDED_KINDS)) {
                    return "on";
                }
                return kinds.isEmpty()
                        ? "off"
                        : joined(
                                ROUNDED_KINDS.stream()
                                        .filter(kinds::contains)
                                        .sorted()
                                        .map(EntryKind::text)
                                        .toList());
            }
        },
        SEVERITY {
            @Override
            Object parse(String text) {
                if (text.equals(TABLE)) {
                    return Optional.empty();
                }
                return Optional.of(
                        SEVERITIES.stream()
                                .filter(one -> one.name().equals(text.toUpperCase(Locale.ROOT)))
                                .findFirst()
                                .orElseThrow(
                                        () ->
                                                new IllegalArgumentException(
                                                        "table, low, medium, high or critical")));
            }

            @Override
            String text(Object value) {
                return ((Optional<?>) value)
                        .map(one -> one.toString().toLowerCase(Locale.ROOT))
                        .orElse(TABLE);
            }
        },
        MSAT_LIST {
            @Override
            Object parse(String text) {
                return ascending(
                        split(text).stream().map(MSAT::parse).map(one -> (Msat) one).toList(),
                        "amounts in msat that grow, with commas between, or none");
            }

            @Override
            String text(Object value) {
                return joined(((List<?>) value).stream().map(MSAT::text).toList());
            }
        },
        DURATION_LIST {
            @Override
            Object parse(String text) {
                return ascending(
                        split(text).stream()
                                .map(DURATION::parse)
                                .map(one -> (Duration) one)
                                .toList(),
                        "durations that grow, with commas between, or none");
            }

            @Override
            String text(Object value) {
                return joined(((List<?>) value).stream().map(DURATION::text).toList());
            }
        };

        private static final String NONE = "none";

        /// Kinds whose sums the nodes know to the msat.
        private static final Set<EntryKind> ROUNDED_KINDS =
                Set.of(
                        EntryKind.RECEIPT,
                        EntryKind.PAYMENT,
                        EntryKind.ROUTING_FEE,
                        EntryKind.REBALANCE_FEE,
                        EntryKind.ROUTING_INCOME,
                        EntryKind.CHAIN_FEE); // the cost of a channel's close

        private static final String TABLE = "table";
        private static final List<tallystick.ledger.mismatch.Severity> SEVERITIES =
                List.of(
                        tallystick.ledger.mismatch.Severity.LOW,
                        tallystick.ledger.mismatch.Severity.MEDIUM,
                        tallystick.ledger.mismatch.Severity.HIGH,
                        tallystick.ledger.mismatch.Severity.CRITICAL);

        private static final Pattern DURATION_TEXT = Pattern.compile("(\\d{1,9})([smhd])");

        /// So that no moment leaves the range of time.
        private static final Duration DURATION_MAX = Duration.ofDays(10_000);

        private static final long COUNT_MAX = 100_000;
        private static final long MSAT_MAX = 2_100_000_000_000_000_000L;

        abstract Object parse(String text);

        String text(Object value) {
            return value.toString();
        }

        private static long number(String text, long max) {
            try {
                long value = Long.parseLong(text);
                if (value >= 0 && value <= max) {
                    return value;
                }
            } catch (NumberFormatException _) {
                // Falls through to the one message.
            }
            throw new IllegalArgumentException("a whole number from 0 to " + max);
        }

        private static List<String> split(String text) {
            return text.equals(NONE)
                    ? List.of()
                    : Arrays.stream(text.split(",", -1)).map(String::strip).toList();
        }

        private static String joined(List<String> parts) {
            return parts.isEmpty() ? NONE : parts.stream().collect(Collectors.joining(","));
        }

        private static <T extends Comparable<T>> List<T> ascending(List<T> values, String rule) {
            for (int i = 1; i < values.size(); i++) {
                if (values.get(i).compareTo(values.get(i - 1)) <= 0) {
                    throw new IllegalArgumentException(rule);
                }
            }
            return values;
        }
    }
}
