package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tallystick.ledger.Msat;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.ChainTx.Standing;
import tallystick.ledger.item.Item;
import tallystick.ledger.mismatch.Finding.HalfLine;

/// What one transaction of a node's wallet moved, against what the books say of it. One use.
final class TransactionDecision {
    private final Item item;
    private final Optional<ChainTx> known;
    private final ChainFacts facts;
    private final RuleSet rules;
    private final Claims claims;
    private final List<BookEntry> entries;
    private final long booked;
    private final Rounding rounding = new Rounding();

    TransactionDecision(Item item, Coverage coverage, RuleSet rules, Instant now) {
        this.item = item;
        this.known =
                item.facts()
                        .filter(one -> one instanceof ChainTx tx && tx.isKnown())
                        .map(ChainTx.class::cast);
        this.facts = new ChainFacts(item, half(item, known));
        this.rules = rules;
        this.claims = new Claims(facts, coverage, now);
        this.entries = ForwardFacts.moving(facts.books());
        this.booked = Entries.incomeMsat(facts.books().net());
    }

    private static List<HalfLine> half(Item item, Optional<ChainTx> known) {
        return known
                .map(
                        tx ->
                                new HalfLine(
                                        item.key().node().orElseThrow().pubkey(),
                                        "transaction, " + Halves.text(tx.standing()),
                                        tx.movedMsat(),
                                        Optional.of(tx.look().time())))
                .stream()
                .toList();
    }

    Verdict verdict() {
        if (known.isPresent()) {
            decide(known.get());
        } else if (item.facts().isPresent() && !isGivenUp()) {
            claims.await(); // A channel names it; the wallet does not, yet.
        } else if (!entries.isEmpty()) {
            claims.add(notOnNode("a transaction that %s does not have"));
        }
        if (facts.books().hasWaitingReversal()) {
            claims.await();
        }
        new EntryNumberRule(item, Optional.of(facts.node()), claims).decide();
        boolean isNothing = known.filter(tx -> tx.movedMsat() != 0).isEmpty();
        return Verdicts.of(
                item,
                facts.books(),
                Optional.of(facts.node()),
                claims,
                rounding,
                isNothing,
                Contributions.withRounding(List.of(), rounding, facts, facts.node(), rules));
    }

    /// True when all that it was to open was given up: the wallet will never have it.
    private boolean isGivenUp() {
        return item.facts()
                .filter(
                        one ->
                                one instanceof ChainTx tx
                                        && tx.links().failed().containsAll(tx.openings().keySet()))
                .isPresent();
    }

    private void decide(ChainTx tx) {
        long moved = tx.movedMsat();
        if (tx.links().replacedBy().isPresent()) {
            if (!entries.isEmpty()) {
                claims.add(replaced(tx.links().replacedBy().get()));
            } else if (moved != 0) {
                claims.await(); // The node lists it still, though it can never confirm.
            }
        } else if (tx.wasConfirmed() && !tx.isConfirmed() && !entries.isEmpty()) {
            leftChain(tx);
        } else if (tx.standing() == Standing.GONE && !entries.isEmpty()) {
            claims.add(notOnNode("a transaction that %s lists no more"));
        } else if (moved != booked && !isTakenOver(moved)) {
            if (entries.isEmpty()) {
                notBooked(tx, moved);
            } else {
                // Before all of the chain is read, a channel may be missing that explains it.
                Claim claim =
                        differs(tx, moved)
                                .onceReadPast(tx.look().time())
                                .nodeSays(moved)
                                .booksSay(booked);
                Msat tolerance = facts.settings(rules, claim.code()).tolerance();
                if (!rounding.tolerates(tolerance, moved - booked, Math.abs(booked))) {
                    claims.add(claim);
                }
            }
        }
    }

    /// True for a replacement that nobody booked: it is told of with the transaction that it replaced.
    private boolean isTakenOver(long moved) {
        return entries.isEmpty()
                && item.allocations().values().stream()
                        .mapToLong(Allocation::residueMsat)
                        .anyMatch(given -> given == -moved);
    }

    private Claim replaced(ChainTx.Replacement by) {
        return Claim.of(Code.REPLACED, facts.node(), Math.abs(booked), by.at())
                .saying(
                        "%s was booked, but never confirmed: %s spent the same coins."
                                .formatted(Sats.text(Math.abs(booked)), by.txid()))
                .booksSay(booked);
    }

    /// It may come again: only after some blocks is it called gone.
    private void leftChain(ChainTx tx) {
        int blocks = facts.settings(rules, Code.REORG_REVERSAL).confirmations();
        Optional<Instant> passed =
                claims.firstSeen(facts.node(), Math.addExact(tx.lastBlock(), blocks));
        boolean isGone = tx.standing() == Standing.GONE;
        if (passed.isEmpty() && !isGone) {
            claims.await();
            return;
        }
        Instant seen = tx.seenAt();
        Instant due = passed.filter(at -> at.isAfter(seen)).orElse(seen);
        claims.add(
                Claim.of(Code.REORG_REVERSAL, facts.node(), Math.abs(booked), due)
                        .onceReadPast(due)
                        .saying(
                                "%s was booked and in a block, and is in none any more."
                                        .formatted(Sats.text(Math.abs(booked))))
                        .booksSay(booked));
    }

    private void notBooked(ChainTx tx, long moved) {
        boolean isUnlinked =
                tx.isOfClose()
                        && tx.openings().isEmpty()
                        && tx.inputs().containsValue(false)
                        && tx.links().returnsSat().isEmpty();
        Code code = isUnlinked ? Code.SWEEP_UNLINKED : Code.ONCHAIN_TX_NOT_BOOKED;
        RuleSettings settings = facts.settings(rules, code);
        if (!tx.isConfirmed()) {
            claims.await();
            return;
        }
        int height = Math.addExact(tx.look().blockHeight(), settings.confirmations() - 1);
        Optional<Instant> buried = claims.firstSeen(facts.node(), height);
        if (buried.isEmpty()) {
            claims.await();
            return;
        }
        Claim claim =
                Claim.of(
                                code,
                                facts.node(),
                                Math.abs(moved),
                                buried.get().plus(settings.graceBooks()))
                        .onceReadPast(tx.look().time())
                        .nodeSays(moved);
        claims.add(
                isUnlinked
                        ? claim.saying(
                                "%s brought %s from a channel's end, but no known close explains it."
                                        .formatted(Sats.text(facts.node()), Sats.text(moved)))
                        : claim.saying(notBookedSentence(tx, moved)));
    }

    private String notBookedSentence(ChainTx tx, long moved) {
        String amount = Sats.text(Math.abs(moved));
        String node = Sats.text(facts.node());
        String pattern;
        if (tx.openedMsat() != 0 && moved < 0) {
            pattern = "%s paid %s to the miners for opening channels; the books have no entry.";
        } else if (moved < 0) {
            pattern = "The wallet of %s paid %s, fee included; the books have no entry.";
        } else {
            pattern = "The wallet of %s got %s; the books have no entry.";
        }
        return pattern.formatted(node, amount);
    }

    private Claim differs(ChainTx tx, long moved) {
        Instant due = Entries.bothKnown(tx.look().time(), entries);
        long real = Math.abs(moved);
        long held = Math.abs(booked);
        boolean isSameWay = Long.signum(moved) == Long.signum(booked);
        if (isSameWay && Amounts.isUnitError(held, real)) {
            return Claim.of(Code.UNIT_ERROR, facts.node(), Math.abs(held - real), due)
                    .saying(Amounts.unitSentence(facts.node(), held, real));
        }
        long difference = Math.abs(Math.subtractExact(booked, moved));
        Optional<String> ofPart = unitOfPart(moved);
        if (ofPart.isPresent()) {
            return Claim.of(Code.UNIT_ERROR, facts.node(), difference, due).saying(ofPart.get());
        }
        long surplus = isSameWay ? Amounts.surplus(entries, held, real, false) : 0;
        if (surplus > 0) {
            return Claim.of(Code.DUPLICATE_POSTING, facts.node(), surplus, due)
                    .saying(Amounts.duplicateSentence(facts.node(), entries, real, held, surplus));
        }
        return Claim.of(Code.AMOUNT_DIFFERS, facts.node(), difference, due)
                .saying(Amounts.differsSentence(facts.node(), moved, booked));
    }

    /// Says so when what is sent or its fee alone is booked in another unit.
    private Optional<String> unitOfPart(long moved) {
        for (EntryKind kind : entries.stream().map(BookEntry::kind).distinct().toList()) {
            List<BookEntry> part = facts.books().net(kind);
            long held = Entries.sumMsat(part).orElse(0);
            long income = Entries.incomeMsat(part);
            long left = Math.subtractExact(moved, Math.subtractExact(booked, income));
            if (held > 0
                    && Long.signum(left) == Long.signum(income)
                    && Amounts.isUnitError(held, Math.abs(left))) {
                return Optional.of(
                        "Of the %s alone: %s"
                                .formatted(
                                        kind.text().replace('_', ' '),
                                        Amounts.unitSentence(facts.node(), held, Math.abs(left))));
            }
        }
        return Optional.empty();
    }

    private Claim notOnNode(String what) {
        Instant booking = Entries.lastBooked(entries);
        Instant due = booking.plus(facts.settings(rules, Code.BOOKED_NOT_ON_NODE).graceNode());
        return Claim.of(Code.BOOKED_NOT_ON_NODE, facts.node(), Math.abs(booked), due)
                .onceReadPast(booking)
                .saying(
                        "%s %s; it is read past that time."
                                .formatted(
                                        Entries.subject(entries, Math.abs(booked), "names"),
                                        what.formatted(Sats.text(facts.node()))))
                .booksSay(booked);
    }
}
