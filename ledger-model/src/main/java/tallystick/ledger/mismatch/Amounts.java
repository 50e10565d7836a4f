package tallystick.ledger.mismatch;

import static java.util.stream.Collectors.joining;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;

/// What explains that a booked amount is another than the real one. Amounts in msat.
final class Amounts {
    /// Booked amounts that are this many times too large or too small come from a mix-up of msat, sat and BTC.
    private static final long[] UNIT_FACTORS = {1_000L, 100_000_000L, 100_000_000_000L};

    private Amounts() {}

    static boolean isUnitError(long booked, long real) {
        return unitFactor(booked, real).isPresent();
    }

    static String unitSentence(NodeId node, long booked, long real) {
        return "The books hold %s what %s says: %s instead of %s."
                .formatted(
                        unitFactor(booked, real).orElse(""),
                        Sats.text(node),
                        Sats.text(booked),
                        Sats.text(real));
    }

    static String differsSentence(NodeId node, long real, long booked) {
        return "%s says %s, the books say %s."
                .formatted(Sats.text(node), Sats.text(real), Sats.text(booked));
    }

    /// What equal entries hold beyond the settlement; 0 when leaving some of them out does not explain the sum.
    ///
    /// @param isRounding whether whole satoshis of such entries agree
    static long surplus(List<BookEntry> entries, long booked, long real, boolean isRounding) {
        List<Repeated> repeated = repeated(entries);
        for (Repeated one : repeated) {
            for (int spare = 1; spare < one.count(); spare++) {
                long surplus = Math.multiplyExact(spare, one.msat());
                if (isWhole(booked - surplus, real, isRounding)) {
                    return surplus;
                }
            }
        }
        long ofAll = repeated.stream().mapToLong(Repeated::spareMsat).reduce(0, Math::addExact);
        return ofAll > 0 && isWhole(booked - ofAll, real, isRounding) ? ofAll : 0;
    }

    /// Entries of one kind and amount.
    private record Repeated(long msat, int count) {
        /// What all but one of them hold.
        long spareMsat() {
            return Math.multiplyExact(count - 1L, msat);
        }

        /// True when some of them hold it, and one at least is left.
        boolean holds(long surplus) {
            return surplus % msat == 0 && surplus / msat < count;
        }

        String text() {
            return "%d equal entries of %s".formatted(count, Sats.text(msat));
        }
    }

    /// Kinds and amounts that stand there more than once, in the order of the entries: a payment and its fee, say, both entered
    /// again.
    private static List<Repeated> repeated(List<BookEntry> entries) {
        Map<String, Repeated> result = new LinkedHashMap<>();
        for (BookEntry entry : entries) {
            result.merge(
                    entry.kind() + "/" + entry.amount().value(),
                    new Repeated(entry.amount().value(), 1),
                    (one, other) -> new Repeated(one.msat(), one.count() + other.count()));
        }
        return result.values().stream().filter(one -> one.count() > 1).toList();
    }

    private static boolean isWhole(long booked, long real, boolean isRounding) {
        return booked > 0 && Rounding.agree(isRounding, booked, real);
    }

    /// @param entries those that hold the surplus
    static String duplicateSentence(
            NodeId node, List<BookEntry> entries, long real, long booked, long surplus) {
        List<Repeated> repeated = repeated(entries);
        String equal =
                repeated.stream()
                        .filter(one -> one.holds(surplus))
                        .findFirst()
                        .map(Repeated::text)
                        .orElseGet(
                                () ->
                                        repeated.stream()
                                                .map(Repeated::text)
                                                .collect(joining(" and ")));
        return "%s for one settlement: %s says %s, the books say %s; %s is too much."
                .formatted(
                        equal,
                        Sats.text(node),
                        Sats.text(real),
                        Sats.text(booked),
                        Sats.text(surplus));
    }

    private static Optional<String> unitFactor(long booked, long real) {
        for (long factor : UNIT_FACTORS) {
            if (isMultiple(booked, real, factor)) {
                return Optional.of(String.format(Locale.ROOT, "%,d times", factor));
            }
            if (isMultiple(real, booked, factor)) {
                return Optional.of(String.format(Locale.ROOT, "1/%,d of", factor));
            }
        }
        return Optional.empty();
    }

    private static boolean isMultiple(long larger, long smaller, long factor) {
        return smaller > 0 && larger % factor == 0 && larger / factor == smaller;
    }
}
