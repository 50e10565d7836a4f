package tallystick.ledger.mismatch;

import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.mismatch.Verdict.Contribution;

/// What one payment hash says to its groups: the orders it was booked for, the day it was rounded on.
final class Contributions {
    private final PaymentFacts facts;
    private final Rounding rounding;
    private final RuleSet rules;

    Contributions(PaymentFacts facts, Rounding rounding, RuleSet rules) {
        this.facts = facts;
        this.rounding = rounding;
        this.rules = rules;
    }

    List<Contribution> all() {
        List<Contribution> result = new ArrayList<>();
        if (rounding.residueMsat() != 0) {
            result.add(toDay(rounding, facts, facts.holder().orElseThrow(), rules));
        }
        facts.receiver()
                .flatMap(node -> toOrder(node, EntryKind.RECEIPT, facts.receivedAt(node)))
                .ifPresent(result::add);
        facts.payer()
                .flatMap(node -> toOrder(node, EntryKind.PAYMENT, facts.resolvedAt(node)))
                .ifPresent(result::add);
        return result;
    }

    /// What an item says to groups, and to the day that it was rounded on.
    static List<Contribution> withRounding(
            List<Contribution> toGroups,
            Rounding rounding,
            Subject subject,
            NodeId node,
            RuleSet rules) {
        if (rounding.residueMsat() == 0) {
            return toGroups;
        }
        List<Contribution> result = new ArrayList<>(toGroups);
        result.add(toDay(rounding, subject, node, rules));
        return result;
    }

    private static Contribution toDay(
            Rounding rounding, Subject subject, NodeId node, RuleSet rules) {
        List<BookEntry> net = subject.books().net();
        Instant known = Entries.lastBooked(net);
        LocalDate day = known.atZone(rules.zone()).toLocalDate();
        long amount = Math.abs(rounding.residueMsat());
        return contribution("rounding/" + day, subject, node, net.getLast(), amount, known);
    }

    private Optional<Contribution> toOrder(NodeId node, EntryKind kind, Instant event) {
        List<BookEntry> entries = facts.books().net(kind);
        for (BookEntry entry : entries) {
            if (entry.order().isPresent()) {
                return Optional.of(
                        contribution(
                                "order/%s/%s/%s".formatted(node, kind.text(), entry.order().get()),
                                facts,
                                node,
                                entry,
                                Entries.sumMsat(entries).orElse(0),
                                Entries.bothKnown(event, entries)));
            }
        }
        return Optional.empty();
    }

    /// Numbers are unique within a source only; the parts of one entry have one name.
    private static String name(BookEntry entry) {
        return new Reference.Entry(entry.source(), entry.entryId()).text();
    }

    private static Contribution contribution(
            String group,
            Subject subject,
            NodeId node,
            BookEntry entry,
            long amount,
            Instant known) {
        return new Contribution(
                group,
                node.pubkey(),
                subject.referenceText(Optional.of(node)),
                entry.bookedAt(),
                name(entry),
                amount,
                known,
                entry.order(),
                Optional.of(entry.account()));
    }
}
