package tallystick.ledger.mismatch;

import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.decision.Signing;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NetBooks;
import tallystick.ledger.item.StandingEntry;
import tallystick.ledger.mismatch.Verdict.Contribution;

/// What was booked into days whose reports two people had signed. All entries that were booked after the day of their value date
/// are a group: which of them came too late follows from when the day was closed. Pure.
public final class ClosedDays {
    private static final String PREFIX = "closed/";

    private ClosedDays() {}

    /// True for groups of entries that were booked after their day.
    public static boolean isOne(String group) {
        return group.startsWith(PREFIX);
    }

    public static String group(LocalDate day) {
        return PREFIX + day;
    }

    /// The day of such a group.
    public static LocalDate day(String group) {
        return LocalDate.parse(group.substring(PREFIX.length()));
    }

    /// What an item says to such groups: little or nothing, as entries are booked on their day.
    static List<Contribution> contributions(Item item, RuleSet rules) {
        List<Contribution> result = new ArrayList<>();
        @Nullable NetBooks books = null;
        for (StandingEntry standing : item.entries().values()) {
            BookEntry entry = standing.entry();
            if (isAfterItsDay(entry, rules)) {
                books = books == null ? NetBooks.of(item.entries()) : books;
                if (counts(entry, books, rules)) {
                    result.add(contribution(entry));
                }
            }
        }
        return result;
    }

    private static boolean isAfterItsDay(BookEntry entry, RuleSet rules) {
        return !entry.bookedAt().isBefore(ForwardDays.end(entry.valueDate(), rules));
    }

    /// What was taken back counts no more, nor does what took it back on the same day.
    private static boolean counts(BookEntry entry, NetBooks books, RuleSet rules) {
        return books.isLeft(entry)
                || books.reversedBy(entry)
                        .map(
                                taken ->
                                        !taken.valueDate().equals(entry.valueDate())
                                                || !isAfterItsDay(taken, rules))
                        .orElse(entry.reverses().isPresent());
    }

    private static Contribution contribution(BookEntry entry) {
        String name = entry.source() + "/" + entry.entryId();
        return new Contribution(
                group(entry.valueDate()),
                entry.node().map(NodeId::pubkey).orElse(""),
                Signing.reference(entry.valueDate()) + "/" + name,
                entry.bookedAt(),
                name,
                entry.amount().value(),
                entry.bookedAt(),
                entry.order(),
                Optional.of(entry.account()));
    }

    /// @param closedAt when the day was closed last
    public static GroupVerdict decide(
            String group, List<Contribution> contributions, Instant closedAt) {
        List<Finding> findings = new ArrayList<>();
        contributions.stream()
                .filter(one -> one.bookedAt().isAfter(closedAt))
                .sorted(Comparator.comparing(Contribution::bookedAt))
                // An entry number that was used again is one case.
                .forEach(one -> finding(day(group), one, closedAt).addTo(findings));
        return GroupVerdict.reporting(findings, contributions.size());
    }

    private static Finding finding(LocalDate day, Contribution entry, Instant closedAt) {
        return new Finding(
                Code.POSTED_INTO_CLOSED_DAY,
                Optional.of(entry.node()).filter(node -> !node.isEmpty()).map(NodeId::new),
                entry.reference(),
                Msat.of(entry.amountMsat()),
                entry.bookedAt(),
                "Entry %s over %s has the value date %s; that day was signed %s, before it was booked."
                        .formatted(
                                entry.entryId(),
                                Sats.text(entry.amountMsat()),
                                day,
                                closedAt.truncatedTo(ChronoUnit.SECONDS)),
                OptionalLong.empty(),
                OptionalLong.of(entry.amountMsat()),
                entry.order(),
                entry.account(),
                List.of(),
                List.of(
                        new Finding.HalfLine(
                                entry.node(),
                                entry.entryId(),
                                entry.amountMsat(),
                                Optional.of(entry.bookedAt()))));
    }
}
