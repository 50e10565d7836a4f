package tallystick.ledger.mismatch;

import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference.ForwardsOfDay;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NetBooks;
import tallystick.ledger.mismatch.Finding.HalfLine;
import tallystick.ledger.mismatch.Verdict.Contribution;

/// A day's income from forwards in one entry, against what the day's group gave it to cover. One use.
final class DayDecision implements Subject {
    private final Item item;
    private final NodeId node;
    private final LocalDate day;
    private final NetBooks books;
    private final RuleSet rules;
    private final Claims claims;
    private final Rounding rounding = new Rounding();

    DayDecision(Item item, ForwardsOfDay reference, Coverage coverage, RuleSet rules, Instant now) {
        this.item = item;
        this.node = reference.node();
        this.day = reference.day();
        this.books = NetBooks.of(item.entries());
        this.rules = rules;
        this.claims = new Claims(this, coverage, now);
    }

    Verdict verdict() {
        long booked = Entries.incomeMsat(books.net());
        List<Contribution> toGroups =
                booked == 0
                        ? List.of()
                        : List.of(
                                ForwardDays.ofEntry(node, day, booked, ForwardFacts.moving(books)));
        if (books.hasWaitingReversal() || !Groups.isSettled(item, toGroups)) {
            claims.await();
        } else {
            toGroups.forEach(one -> decide(booked, Groups.decided(item, one)));
        }
        new EntryNumberRule(item, Optional.of(node), claims).decide();
        return Verdicts.of(
                item,
                books,
                Optional.of(node),
                claims,
                rounding,
                true,
                Contributions.withRounding(toGroups, rounding, this, node, rules));
    }

    private void decide(long booked, Allocation decided) {
        IncomeRule income = IncomeRule.of(node, books, rules);
        List<BookEntry> entries = ForwardFacts.moving(books);
        Instant due =
                ForwardDays.end(day, rules).plus(income.settings(Code.AMOUNT_DIFFERS).graceBooks());
        Optional<Claim> claim =
                income.decide(
                        rounding,
                        decided.residueMsat(),
                        booked,
                        entries,
                        Entries.bothKnown(due, entries));
        if (claim.isPresent() && !decided.isOpen()) {
            claims.await(); // Until all forwards of that day are read.
        } else {
            claim.ifPresent(claims::add);
        }
    }

    @Override
    public NetBooks books() {
        return books;
    }

    @Override
    public String referenceText(Optional<NodeId> named) {
        return item.key().reference().text();
    }

    @Override
    public List<HalfLine> nodeHalf() {
        return item.allocations().values().stream()
                .map(
                        one ->
                                new HalfLine(
                                        node.pubkey(),
                                        "forwards of the day without an entry of their own",
                                        one.residueMsat(),
                                        Optional.of(ForwardDays.end(day, rules))))
                .toList();
    }

    /// What the group decided rests on what is read.
    @Override
    public boolean isRead(Coverage coverage, Instant moment) {
        return true;
    }
}
