package tallystick.report.figures;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import tallystick.db.report.DayReading.Sum;
import tallystick.db.report.LedgerReading;
import tallystick.ledger.mismatch.Code;

/// What open mismatches are about, so that their number can be held against the open references of [Standings]: each is
/// about one of these, or about what is none.
public record OpenMismatches(Map<About, Sum> sums) {
    public OpenMismatches {
        sums = Map.copyOf(sums);
    }

    /// In the order in which they are told.
    public enum About {
        REFERENCE("of open references"),
        NOT_BOOKED("of what nobody booked"),
        /// Each of the order's references agrees; that there are two of them does not.
        ORDER("of an order paid twice, whose references agree"),
        NODE("of nodes, days and records");

        private final String words;

        About(String words) {
            this.words = words;
        }

        /// @param nodeMsat what the nodes say; empty when they say nothing
        /// @param booksMsat what the books say; empty when they say nothing
        static About of(String code, OptionalLong nodeMsat, OptionalLong booksMsat) {
            if (code.equals(Code.DUPLICATE_PAYMENT_SAME_ORDER.name())) {
                return ORDER;
            }
            if (code.equals(Code.POSTED_INTO_CLOSED_DAY.name())) {
                return NODE; // Of the day: what was booked may agree.
            }
            if (booksMsat.isPresent()) {
                return REFERENCE;
            }
            return nodeMsat.isPresent() ? NOT_BOOKED : NODE;
        }
    }

    /// One open mismatch.
    public record Open(
            String code, long amountMsat, OptionalLong nodeMsat, OptionalLong booksMsat) {}

    public static OpenMismatches of(LedgerReading reading) {
        return of(
                reading.mismatches().stream()
                        .map(
                                one ->
                                        new Open(
                                                one.code(),
                                                one.amountMsat(),
                                                one.nodeMsat(),
                                                one.booksMsat())));
    }

    public static OpenMismatches of(Stream<Open> open) {
        Map<About, Sum> sums = new EnumMap<>(About.class);
        open.forEach(
                one ->
                        sums.merge(
                                About.of(one.code(), one.nodeMsat(), one.booksMsat()),
                                Sum.one(one.amountMsat()),
                                Sum::plus));
        return new OpenMismatches(sums);
    }

    public Sum about(About about) {
        return sums.getOrDefault(about, Sum.NOTHING);
    }

    public Sum total() {
        return sums.values().stream().reduce(Sum.NOTHING, Sum::plus);
    }

    /// For example `28 mismatches are open: 18 of open references, 9 of what nobody booked, 1 of an order paid twice, whose
    /// references agree.`; empty when none is.
    public String inWords() {
        long count = total().count();
        if (count == 0) {
            return "";
        }
        List<String> parts = new ArrayList<>();
        for (About about : About.values()) {
            long some = about(about).count();
            if (some > 0) {
                parts.add(Amounts.count(some) + " " + about.words);
            }
        }
        return "%s %s open: %s."
                .formatted(
                        Amounts.count(count),
                        count == 1 ? "mismatch is" : "mismatches are",
                        String.join(", ", parts));
    }
}
