package tallystick.ledger.mismatch;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.Receipt;

/// What arrived from outside the fleet, against the receipts in the books.
final class ReceiptRules {
    private final PaymentFacts facts;
    private final Claims claims;
    private final Rounding rounding;
    private final RuleSet rules;
    private final Matching matching;

    ReceiptRules(
            PaymentFacts facts,
            Claims claims,
            Rounding rounding,
            RuleSet rules,
            Matching matching) {
        this.facts = facts;
        this.claims = claims;
        this.rounding = rounding;
        this.rules = rules;
        this.matching = matching;
    }

    void decide(long expected, long booked) {
        List<BookEntry> entries =
                facts.books()
                        .net(EntryKind.RECEIPT, EntryKind.ADJUSTMENT_IN, EntryKind.ADJUSTMENT_OUT);
        if (expected > 0 && isToldApart(expected, entries)) {
            facts.receivers().forEach(node -> decideAt(node, entries));
        } else if (expected > 0) {
            decideAt(facts.receiver().orElseThrow(), expected, booked, entries);
        } else if (booked != 0 && facts.receiver().isPresent()) {
            new ResidueRule(facts, claims, rounding)
                    .amountDiffers(Math.abs(booked), facts.receiver());
        } else if (booked != 0) {
            new UnfoundedRules(facts, claims, rules).decideReceipt(booked, entries);
        }
    }

    /// One hash that several nodes received: each for itself, when every entry names one of them.
    private boolean isToldApart(long expected, List<BookEntry> entries) {
        List<NodeId> receivers = facts.receivers();
        return receivers.size() > 1
                && expected == facts.receivedMsat()
                && entries.stream()
                        .allMatch(
                                entry ->
                                        entry.kind() == EntryKind.RECEIPT
                                                && entry.node()
                                                        .filter(receivers::contains)
                                                        .isPresent());
    }

    private void decideAt(NodeId node, List<BookEntry> entries) {
        List<BookEntry> own =
                entries.stream().filter(entry -> entry.node().equals(Optional.of(node))).toList();
        decideAt(node, facts.receipt(node).received().value(), Entries.sumMsat(own).orElse(0), own);
    }

    private void decideAt(NodeId node, long expected, long booked, List<BookEntry> entries) {
        if (!entries.isEmpty()) {
            decideBooked(node, expected, booked, entries);
        } else if (facts.isUnderWay()) {
            claims.await(); // If it is a sister node that pays, nothing has to be booked.
        } else {
            matching.decideReceipt(node, expected, notBooked(node, expected));
        }
    }

    private Claim notBooked(NodeId node, long expected) {
        Instant event = facts.receivedAt(node);
        boolean isSpontaneous = facts.receipt(node).isSpontaneous();
        Supplier<String> sentence =
                () ->
                        isSpontaneous
                                ? "%s came to %s without an invoice; the books have no receipt of it."
                                        .formatted(Sats.text(expected), Sats.text(node))
                                : "%s received %s; the books have no entry."
                                        .formatted(Sats.text(node), Sats.text(expected));
        Code code = isSpontaneous ? Code.ORPHAN_KEYSEND : Code.SETTLED_NOT_BOOKED;
        // Whether the payer is a sister node is known only when all nodes are read past the event.
        Duration grace = facts.settings(rules, code, node).graceBooks();
        return Claim.of(code, node, expected, event.plus(grace))
                .onceReadPast(event)
                .saying(sentence)
                .nodeSays(expected);
    }

    private void decideBooked(NodeId node, long expected, long booked, List<BookEntry> entries) {
        Instant known = Entries.bothKnown(facts.receivedAt(node), entries);
        boolean isWrongNode =
                new WrongNodeRule(facts, claims)
                        .decide(node, receiptsOf(entries), expected, isRounding(node), known);
        if (booked == expected || rounding.accepts(isRounding(node), expected - booked, booked)) {
            return;
        }
        explained(node, expected, booked, entries, known)
                .or(
                        () ->
                                isWrongNode
                                        ? Optional.empty()
                                        : Optional.of(differs(node, expected, booked, known)))
                .filter(claim -> !isTolerated(claim, node, expected - booked, booked))
                .map(claim -> claim.nodeSays(expected).booksSay(booked))
                .ifPresent(claims::add);
    }

    private boolean isRounding(NodeId node) {
        return facts.settings(rules, Code.AMOUNT_DIFFERS, node).isRounding(EntryKind.RECEIPT);
    }

    private boolean isTolerated(Claim claim, NodeId node, long residue, long booked) {
        Msat tolerance = facts.settings(rules, claim.code(), node).tolerance();
        return rounding.tolerates(tolerance, residue, booked);
    }

    /// The first narrower code that explains why the amounts differ.
    private Optional<Claim> explained(
            NodeId node, long expected, long booked, List<BookEntry> entries, Instant known) {
        Receipt receipt = facts.receipt(node);
        long requested = receipt.terms().requested().value();
        long later = receipt.receivedLater().value();
        long surplus = Amounts.surplus(receiptsOf(entries), booked, expected, isRounding(node));
        if (Amounts.isUnitError(booked, expected)) {
            return Optional.of(
                    Claim.of(Code.UNIT_ERROR, node, Math.abs(booked - expected), known)
                            .saying(Amounts.unitSentence(node, booked, expected)));
        }
        if (surplus > 0) {
            return Optional.of(
                    Claim.of(Code.DUPLICATE_POSTING, node, surplus, known)
                            .saying(
                                    Amounts.duplicateSentence(
                                            node, receiptsOf(entries), expected, booked, surplus)));
        }
        if (later > 0) {
            return Optional.of(
                    Claim.of(Code.REPAID_INVOICE, node, later, known)
                            .saying(
                                    "%s more arrived after it was settled."
                                            .formatted(Sats.text(later))));
        }
        return booked == requested && requested > 0
                ? Optional.of(notAsRequested(node, requested, expected, known))
                : Optional.empty();
    }

    /// Booked is what was asked for; something else came.
    private static Claim notAsRequested(NodeId node, long requested, long expected, Instant known) {
        Code code = expected > requested ? Code.OVERPAID : Code.UNDERPAID;
        return Claim.of(code, node, Math.abs(expected - requested), known)
                .saying(
                        "%s came on an invoice of %s; the books hold %s."
                                .formatted(
                                        Sats.text(expected),
                                        Sats.text(requested),
                                        Sats.text(requested)));
    }

    private static Claim differs(NodeId node, long expected, long booked, Instant known) {
        return Claim.of(Code.AMOUNT_DIFFERS, node, Math.abs(expected - booked), known)
                .saying(Amounts.differsSentence(node, expected, booked));
    }

    private static List<BookEntry> receiptsOf(List<BookEntry> entries) {
        List<BookEntry> receipts = new ArrayList<>(entries.size());
        for (BookEntry entry : entries) {
            if (entry.kind() == EntryKind.RECEIPT) {
                receipts.add(entry);
            }
        }
        return receipts;
    }
}
