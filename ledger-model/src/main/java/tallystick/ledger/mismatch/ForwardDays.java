package tallystick.ledger.mismatch;

import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference.ForwardsOfDay;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.item.NodeFacts.Forward;
import tallystick.ledger.mismatch.Verdict.Contribution;

/// The forwards of one node on one day, and the entry that covers those without an entry of their own. They are a group:
/// the entry takes over what its forwards leave on clearing, so that each of them ends with nothing.
final class ForwardDays {
    static final String PREFIX = "forwards/";

    /// What may come of a day.
    private static final Set<Code> CODES = Set.of(Code.FORWARD_FEE_NOT_BOOKED, Code.AMOUNT_DIFFERS);

    private ForwardDays() {}

    private static String group(NodeId node, LocalDate day) {
        return PREFIX + node + "/" + day;
    }

    static ForwardsOfDay reference(String group) {
        String[] parts = group.split("/", -1);
        return new ForwardsOfDay(new NodeId(parts[1]), LocalDate.parse(parts[2]));
    }

    /// The day that a forward belongs to, by its own time.
    static LocalDate day(Forward forward, RuleSet rules) {
        return forward.settledAt().atZone(rules.zone()).toLocalDate();
    }

    static Instant end(LocalDate day, RuleSet rules) {
        return day.plusDays(1).atStartOfDay(rules.zone()).toInstant();
    }

    /// Before this moment the books need nothing of that day, whatever the account. Each mismatch has a due time of its own.
    static Instant due(ForwardsOfDay day, RuleSet rules) {
        return end(day.day(), rules).plus(rules.leastGraceBooks(CODES, day.node()));
    }

    static Contribution ofForward(ForwardFacts facts, Forward forward, RuleSet rules) {
        return new Contribution(
                group(facts.node(), day(forward, rules)),
                facts.node().pubkey(),
                facts.referenceText(Optional.of(facts.node())),
                forward.settledAt(),
                "",
                facts.feeMsat(),
                forward.settledAt(),
                Optional.empty(),
                Optional.empty());
    }

    static Contribution ofEntry(NodeId node, LocalDate day, long booked, List<BookEntry> entries) {
        BookEntry first = entries.getFirst();
        return new Contribution(
                group(node, day),
                node.pubkey(),
                new ForwardsOfDay(node, day).text(),
                first.bookedAt(),
                first.entryId(),
                booked,
                Entries.lastBooked(entries),
                first.order(),
                Optional.of(first.account()));
    }

    /// Before the day's end and the books' grace nothing is decided.
    static GroupVerdict decide(
            String group,
            List<Contribution> contributions,
            Coverage coverage,
            RuleSet rules,
            Instant now) {
        ForwardsOfDay reference = reference(group);
        Instant due = due(reference, rules);
        if (now.isBefore(due)) {
            return GroupVerdict.undecided(contributions.size(), due);
        }
        boolean isCovered = contributions.stream().anyMatch(one -> isEntry(one, reference));
        long since = earned(contributions, reference, one -> !isBefore(one, rules));
        long before = earned(contributions, reference, one -> isBefore(one, rules));
        // The entry of the day on which the ledger began covers all of the day, or what counts of
        // it.
        boolean isSince =
                contributions.stream()
                        .anyMatch(one -> isEntry(one, reference) && one.amountMsat() == since);
        long earned = isSince ? since : Math.addExact(since, before);
        Instant end = end(reference.day(), rules);
        boolean isRead = coverage.reachesForwards(reference.node(), end);
        boolean isUnread = false;
        List<Optional<Allocation>> allocations = new ArrayList<>();
        for (Contribution one : contributions) {
            long said = one.amountMsat();
            if (isEntry(one, reference)) {
                boolean differs = said != earned;
                isUnread |= differs && !isRead;
                allocations.add(Optional.of(new Allocation(said, earned, differs && isRead)));
            } else if (isBefore(one, rules)) {
                allocations.add(
                        Optional.of(
                                new Allocation(said, isCovered && !isSince ? -said : 0, false)));
            } else {
                allocations.add(
                        Optional.of(new Allocation(said, isCovered ? -said : 0, !isCovered)));
            }
        }
        return isUnread
                ? GroupVerdict.waiting(allocations, reference.node(), end)
                : GroupVerdict.of(allocations);
    }

    private static long earned(
            List<Contribution> contributions,
            ForwardsOfDay reference,
            Predicate<Contribution> counts) {
        return contributions.stream()
                .filter(one -> !isEntry(one, reference) && counts.test(one))
                .mapToLong(Contribution::amountMsat)
                .reduce(0, Math::addExact);
    }

    /// Of a forward: whether it lies before the moment from which the ledger counts.
    private static boolean isBefore(Contribution one, RuleSet rules) {
        return rules.opening().isBefore(one.knownAt());
    }

    private static boolean isEntry(Contribution one, ForwardsOfDay reference) {
        return one.reference().equals(reference.text());
    }
}
