package tallystick.ledger.mismatch;

import static java.util.Comparator.naturalOrder;

import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Stream;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.account.Postings;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NetBooks;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.PaymentState;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.item.ReceiptState;
import tallystick.ledger.item.StandingEntry;
import tallystick.ledger.mismatch.Finding.HalfLine;
import tallystick.ledger.mismatch.Verdict.Contribution;
import tallystick.ledger.mismatch.Verdict.PairVerdict;
import tallystick.ledger.mismatch.Verdict.State;

/// The rules for what arrives and leaves under one payment hash. One use: made for one item at one moment.
///
/// Each rule says what it claims, from when, and what must have been read for it. A claim whose time or coverage has not
/// come is waiting, never a mismatch.
final class PaymentDecision {
    /// Booked amounts that are this many times too large or too small come from a mix-up of msat, sat and BTC.
    private static final long[] UNIT_FACTORS = {1_000L, 100_000_000L, 100_000_000_000L};

    private final Item item;
    private final Coverage coverage;
    private final RuleSet rules;
    private final Instant now;
    private final NetBooks books;
    private final Optional<NodeId> receiver;
    private final Optional<NodeId> payer;

    private final long receivedMsat;
    private final long sentMsat;
    private final long feeMsat;

    private final List<Finding> findings = new ArrayList<>();
    private boolean isWaiting;
    private boolean isByRule;
    private long roundingMsat;
    private Optional<Instant> dueAt = Optional.empty();
    private Optional<Instant> waitsForCoverage = Optional.empty();

    PaymentDecision(Item item, Coverage coverage, RuleSet rules, Instant now) {
        this.item = item;
        this.coverage = coverage;
        this.rules = rules;
        this.now = now;
        this.books = NetBooks.of(item.entries());
        this.receiver = first(item.receipts(), Receipt::isSettled);
        this.payer = first(item.payments(), Payment::isSucceeded);
        this.receivedMsat =
                settledReceipts().mapToLong(r -> r.received().value()).reduce(0, Math::addExact);
        this.sentMsat =
                succeededPayments().mapToLong(PaymentDecision::sentMsat).reduce(0, Math::addExact);
        this.feeMsat =
                succeededPayments().mapToLong(PaymentDecision::feeMsat).reduce(0, Math::addExact);
    }

    Verdict verdict() {
        decideMoney();
        decideHold();
        decideUnderWay();
        decideExpiry();
        decideReusedNumbers();
        State state = state();
        if ((state == State.AGREED || state == State.AGREED_BY_RULE) && residueMsat() != 0) {
            // No narrower rule saw it, but what agrees must leave nothing on clearing.
            amountDiffers(Math.abs(residueMsat()), holder());
            state = state();
        }
        return new Verdict(
                state,
                findings,
                roundingMsat,
                dueAt,
                waitsForCoverage,
                pairVerdicts(state),
                contributions());
    }

    // ---- money that arrived or left

    private void decideMoney() {
        long internal = Math.min(receivedMsat, sentMsat);
        long expectedIn = receivedMsat - internal;
        long expectedOut = sentMsat - internal;
        long bookedIn = books.sumMsat(EntryKind.RECEIPT) + adjustments(true);
        long bookedOut = books.sumMsat(EntryKind.PAYMENT) + adjustments(false);
        if (internal > 0) {
            // Within the fleet nothing has to be booked but the fee; where both sides are booked
            // they net.
            long netted =
                    Math.min(
                            Math.max(bookedIn - expectedIn, 0),
                            Math.max(bookedOut - expectedOut, 0));
            bookedIn -= netted;
            bookedOut -= netted;
        }
        decideIn(expectedIn, bookedIn);
        decideOut(expectedOut, bookedOut, internal > 0);
    }

    /// Adjustments belong to the side that the nodes know something of; receipts first.
    private long adjustments(boolean in) {
        long net = books.sumMsat(EntryKind.ADJUSTMENT_IN) - books.sumMsat(EntryKind.ADJUSTMENT_OUT);
        boolean belongsIn = !item.receipts().isEmpty() || item.payments().isEmpty();
        if (belongsIn != in) {
            return 0;
        }
        return in ? net : -net;
    }

    private void decideIn(long expected, long booked) {
        List<BookEntry> entries = books.net(EntryKind.RECEIPT);
        if (expected > 0 && booked == 0) {
            settledNotBooked(expected);
        } else if (expected > 0) {
            decideBookedReceipt(expected, booked, entries);
        } else if (booked != 0) {
            decideReceiptOfNothing(booked, entries);
        }
    }

    private void settledNotBooked(long expected) {
        NodeId node = receiver.orElseThrow();
        Receipt receipt = receipt(node);
        Instant event = receipt.settledAt().orElse(receipt.terms().createdAt());
        Code code = receipt.isSpontaneous() ? Code.ORPHAN_KEYSEND : Code.SETTLED_NOT_BOOKED;
        String sentence =
                code == Code.ORPHAN_KEYSEND
                        ? "%s came to %s without an invoice, and no order claims it."
                                .formatted(Sats.text(expected), Sats.text(node))
                        : "%s received %s; the books have no entry."
                                .formatted(Sats.text(node), Sats.text(expected));
        // Whether the payer is a sister node is known only when all nodes are read past the event.
        claim(
                code,
                node,
                expected,
                event.plus(rules.graceBooks()),
                Optional.of(event),
                sentence,
                OptionalLong.of(expected),
                OptionalLong.empty());
    }

    private void decideBookedReceipt(long expected, long booked, List<BookEntry> entries) {
        NodeId node = receiver.orElseThrow();
        Receipt receipt = receipt(node);
        Instant known = later(receipt.settledAt().orElse(receipt.terms().createdAt()), entries);
        boolean isWrongNode = decideWrongNode(node, entries, known);
        if (booked == expected || roundedAway(expected - booked, booked)) {
            return;
        }
        OptionalLong nodeSays = OptionalLong.of(expected);
        OptionalLong booksSay = OptionalLong.of(booked);
        long requested = receipt.terms().requested().value();
        long later = receipt.receivedLater().value();
        if (unitFactor(booked, expected).isPresent()) {
            claimNow(
                    Code.UNIT_ERROR,
                    node,
                    Math.abs(booked - expected),
                    known,
                    unitSentence(node, booked, expected),
                    nodeSays,
                    booksSay);
        } else if (surplusMsat(entries, booked, expected) > 0) {
            long surplus = surplusMsat(entries, booked, expected);
            claimNow(
                    Code.DUPLICATE_POSTING,
                    node,
                    surplus,
                    known,
                    duplicateSentence(entries),
                    nodeSays,
                    booksSay);
        } else if (later > 0) {
            claimNow(
                    Code.REPAID_INVOICE,
                    node,
                    later,
                    known,
                    "%s more arrived after it was settled.".formatted(Sats.text(later)),
                    nodeSays,
                    booksSay);
        } else if (booked == requested && requested > 0 && expected > requested) {
            claimNow(
                    Code.OVERPAID,
                    node,
                    expected - requested,
                    known,
                    askedSentence(expected, requested, booked),
                    nodeSays,
                    booksSay);
        } else if (booked == requested && expected < requested) {
            claimNow(
                    Code.UNDERPAID,
                    node,
                    requested - expected,
                    known,
                    askedSentence(expected, requested, booked),
                    nodeSays,
                    booksSay);
        } else if (!isWrongNode) {
            claimNow(
                    Code.AMOUNT_DIFFERS,
                    node,
                    Math.abs(expected - booked),
                    known,
                    differsSentence(node, expected, booked),
                    nodeSays,
                    booksSay);
        }
    }

    private static String askedSentence(long received, long requested, long booked) {
        return "%s came on an invoice of %s; the books hold %s."
                .formatted(Sats.text(received), Sats.text(requested), Sats.text(booked));
    }

    private static String differsSentence(NodeId node, long expected, long booked) {
        return "%s says %s, the books say %s."
                .formatted(Sats.text(node), Sats.text(expected), Sats.text(booked));
    }

    /// True when it was booked under a node other than the one that holds the money.
    private boolean decideWrongNode(NodeId node, List<BookEntry> entries, Instant known) {
        Optional<NodeId> other =
                entries.stream()
                        .flatMap(entry -> entry.node().stream())
                        .filter(named -> !named.equals(node))
                        .filter(named -> !settledAt(named))
                        .findFirst();
        if (other.isEmpty()) {
            return false;
        }
        long booked =
                entries.stream()
                        .filter(entry -> entry.node().equals(other))
                        .mapToLong(entry -> entry.amount().value())
                        .sum();
        claimNow(
                Code.WRONG_NODE,
                node,
                booked,
                known,
                "Settled at %s, booked under %s."
                        .formatted(Sats.text(node), Sats.text(other.get())),
                OptionalLong.of(isReceiving(entries) ? receivedMsat : -sentMsat),
                OptionalLong.of(isReceiving(entries) ? booked : -booked));
        return true;
    }

    private static boolean isReceiving(List<BookEntry> entries) {
        return entries.getFirst().kind() == EntryKind.RECEIPT;
    }

    private boolean settledAt(NodeId node) {
        Receipt receipt = item.receipts().get(node);
        Payment payment = item.payments().get(node);
        return (receipt != null && receipt.isSettled())
                || (payment != null && payment.isSucceeded());
    }

    /// Receipts are booked, but nothing is left at the nodes that they could stand for.
    private void decideReceiptOfNothing(long booked, List<BookEntry> entries) {
        if (receiver.isPresent()) {
            amountDiffers(Math.abs(booked), receiver.get());
        } else if (item.receipts().isEmpty()) {
            bookedNotOnNode(booked, entries, true);
        } else {
            boolean isTerminal =
                    item.receipts().values().stream()
                            .allMatch(receipt -> receipt.state() == ReceiptState.CANCELED);
            NodeId node = preferred(entries, item.receipts());
            statusConflict(
                    node,
                    booked,
                    entries,
                    isTerminal,
                    lastBooked(entries),
                    "The books say received; %s says %s."
                            .formatted(Sats.text(node), stateText(receipt(node).state())),
                    true);
        }
    }

    private void decideOut(long expected, long booked, boolean withinFleet) {
        List<BookEntry> entries = books.net(EntryKind.PAYMENT);
        long bookedFee = books.sumMsat(EntryKind.ROUTING_FEE, EntryKind.REBALANCE_FEE);
        if (expected > 0 && booked == 0) {
            paymentNotBooked(expected, bookedFee);
        } else if (expected > 0) {
            decideBookedPayment(expected, booked, bookedFee, entries);
        } else if (withinFleet) {
            if (booked != 0) {
                amountDiffers(Math.abs(booked), payer.orElseThrow());
            }
            decideFee(bookedFee, Code.REBALANCE_NOT_BOOKED);
        } else if (booked != 0 || bookedFee != 0) {
            decidePaymentOfNothing(booked + bookedFee);
        }
    }

    private void paymentNotBooked(long expected, long bookedFee) {
        NodeId node = payer.orElseThrow();
        Instant event = resolvedAt(node);
        long held = books.sumMsat(EntryKind.HOLD);
        long released = books.sumMsat(EntryKind.HOLD_RELEASE);
        if (held > 0 && released >= held) {
            claim(
                    Code.STATUS_CONFLICT,
                    node,
                    expected,
                    later(event, books.net(EntryKind.HOLD_RELEASE)),
                    Optional.of(event),
                    "The books released the hold as if nothing was paid; %s paid %s."
                            .formatted(Sats.text(node), Sats.text(expected)),
                    OptionalLong.of(-expected),
                    OptionalLong.empty());
            return;
        }
        long amount = bookedFee == 0 ? Math.addExact(expected, feeMsat) : expected;
        claim(
                Code.SETTLED_NOT_BOOKED,
                node,
                amount,
                event.plus(rules.graceBooks()),
                Optional.of(event),
                "%s paid %s; the books have no entry."
                        .formatted(Sats.text(node), Sats.text(amount)),
                OptionalLong.of(-Math.addExact(expected, feeMsat)),
                bookedFee == 0 ? OptionalLong.empty() : OptionalLong.of(-bookedFee));
    }

    private void decideBookedPayment(
            long expected, long booked, long bookedFee, List<BookEntry> entries) {
        NodeId node = payer.orElseThrow();
        Instant known = later(resolvedAt(node), entries);
        boolean isWrongNode = decideWrongNode(node, entries, known);
        if (booked == expected || roundedAway(booked - expected, booked)) {
            decideFee(bookedFee, Code.FEE_NOT_BOOKED);
            return;
        }
        OptionalLong nodeSays = OptionalLong.of(-Math.addExact(expected, feeMsat));
        OptionalLong booksSay = OptionalLong.of(-Math.addExact(booked, bookedFee));
        long difference = Math.abs(booked - expected);
        if (unitFactor(booked, expected).isPresent()) {
            claimNow(
                    Code.UNIT_ERROR,
                    node,
                    difference,
                    known,
                    unitSentence(node, booked, expected),
                    nodeSays,
                    booksSay);
        } else if (surplusMsat(entries, booked, expected) > 0) {
            List<BookEntry> fees = books.net(EntryKind.ROUTING_FEE);
            long surplus =
                    surplusMsat(entries, booked, expected) + surplusMsat(fees, bookedFee, feeMsat);
            claimNow(
                    Code.DUPLICATE_POSTING,
                    node,
                    surplus,
                    known,
                    duplicateSentence(entries),
                    nodeSays,
                    booksSay);
        } else if (!isWrongNode) {
            long feeDifference = bookedFee == 0 ? feeMsat : Math.abs(bookedFee - feeMsat);
            claimNow(
                    Code.AMOUNT_DIFFERS,
                    node,
                    Math.addExact(difference, feeDifference),
                    known,
                    differsSentence(node, expected, booked),
                    nodeSays,
                    booksSay);
        }
    }

    private void decideFee(long bookedFee, Code whenAbsent) {
        NodeId node = payer.orElseThrow();
        Instant due = resolvedAt(node).plus(rules.graceBooks());
        OptionalLong nodeSays = OptionalLong.of(-Math.addExact(sentMsat, feeMsat));
        OptionalLong booksSay =
                OptionalLong.of(-Math.addExact(books.sumMsat(EntryKind.PAYMENT), bookedFee));
        if (bookedFee == 0 && feeMsat > 0) {
            boolean isRebalance = whenAbsent == Code.REBALANCE_NOT_BOOKED;
            claimWithFleet(
                    whenAbsent,
                    node,
                    feeMsat,
                    due,
                    isRebalance
                            ? "A payment between own nodes cost %s; no entry."
                                    .formatted(Sats.text(feeMsat))
                            : "The payment is booked, its fee of %s is not."
                                    .formatted(Sats.text(feeMsat)),
                    isRebalance ? OptionalLong.of(-feeMsat) : nodeSays,
                    isRebalance ? OptionalLong.empty() : booksSay);
        } else if (bookedFee != feeMsat && !roundedAway(bookedFee - feeMsat, bookedFee)) {
            claimWithFleet(
                    Code.FEE_DIFFERS,
                    node,
                    Math.abs(bookedFee - feeMsat),
                    due,
                    "The fee was %s; the books say %s."
                            .formatted(Sats.text(feeMsat), Sats.text(bookedFee)),
                    nodeSays,
                    booksSay);
        }
        decideFeeBudget(node);
    }

    private void decideFeeBudget(NodeId node) {
        List<BookEntry> limited =
                books.net(EntryKind.HOLD).stream()
                        .filter(hold -> hold.feeLimit().isPresent())
                        .toList();
        Optional<Msat> limit =
                limited.stream().flatMap(hold -> hold.feeLimit().stream()).max(naturalOrder());
        if (limit.isPresent() && feeMsat > limit.get().value()) {
            long excess = feeMsat - limit.get().value();
            claimNow(
                    Code.FEE_OVER_BUDGET,
                    node,
                    excess,
                    later(resolvedAt(node), limited),
                    "The fee was %s, %s above the hold's limit."
                            .formatted(Sats.text(feeMsat), Sats.text(excess)),
                    OptionalLong.of(-feeMsat),
                    OptionalLong.of(-limit.get().value()));
        }
    }

    /// A payment or its fee is booked, but no node of the fleet has paid.
    private void decidePaymentOfNothing(long booked) {
        List<BookEntry> entries =
                Stream.of(EntryKind.PAYMENT, EntryKind.ROUTING_FEE, EntryKind.REBALANCE_FEE)
                        .flatMap(kind -> books.net(kind).stream())
                        .toList();
        if (entries.isEmpty()) {
            return; // Only adjustments: the residue tells.
        }
        if (item.payments().isEmpty()) {
            bookedNotOnNode(booked, entries, false);
        } else if (item.payments().values().stream().anyMatch(payment -> !payment.isTerminal())) {
            isWaiting = true;
        } else {
            NodeId node = preferred(entries, item.payments());
            Instant ended = resolvedAt(node);
            statusConflict(
                    node,
                    booked,
                    entries,
                    true,
                    later(ended, entries),
                    "The books say paid; %s says it failed.".formatted(Sats.text(node)),
                    false);
        }
    }

    private void bookedNotOnNode(long booked, List<BookEntry> entries, boolean in) {
        if (entries.isEmpty()) {
            return; // Only adjustments: the residue tells.
        }
        Instant bookedAt = lastBooked(entries);
        Optional<NodeId> named =
                entries.stream().flatMap(entry -> entry.node().stream()).findFirst();
        claim(
                Code.BOOKED_NOT_ON_NODE,
                named,
                Math.abs(booked),
                bookedAt.plus(rules.graceNode()),
                Optional.of(bookedAt),
                "Entry %s over %s names a reference no node knows; all nodes are read past its time."
                        .formatted(entries.getFirst().entryId(), Sats.text(Math.abs(booked))),
                OptionalLong.empty(),
                OptionalLong.of(in ? booked : -booked));
    }

    private void statusConflict(
            NodeId node,
            long booked,
            List<BookEntry> entries,
            boolean isTerminal,
            Instant known,
            String sentence,
            boolean in) {
        Instant bookedAt = entries.isEmpty() ? known : lastBooked(entries);
        // An unfinished one may still finish: it gets the node's grace.
        claim(
                Code.STATUS_CONFLICT,
                Optional.of(node),
                Math.abs(booked),
                isTerminal ? known : bookedAt.plus(rules.graceNode()),
                Optional.of(bookedAt),
                sentence,
                OptionalLong.of(0),
                OptionalLong.of(in ? booked : -booked));
    }

    // ---- holds, and what is under way

    private void decideHold() {
        long left = books.sumMsat(EntryKind.HOLD) - books.sumMsat(EntryKind.HOLD_RELEASE);
        if (left <= 0) {
            return;
        }
        List<BookEntry> holds = books.net(EntryKind.HOLD);
        if (item.payments().isEmpty()) {
            if (item.receipts().isEmpty() && books.sumMsat(EntryKind.PAYMENT) == 0) {
                bookedNotOnNode(left, holds, false);
            }
        } else if (item.payments().values().stream().allMatch(Payment::isTerminal)) {
            NodeId node = preferred(holds, item.payments());
            Instant ended = resolvedAt(node);
            claim(
                    Code.PENDING_NOT_RESOLVED,
                    node,
                    left,
                    ended.plus(rules.graceBooks()),
                    Optional.empty(),
                    "The payment ended at %s; %s is still held in the books."
                            .formatted(ended, Sats.text(left)),
                    OptionalLong.of(-sentMsat - feeMsat),
                    OptionalLong.of(-left));
        } else {
            isWaiting = true;
        }
    }

    private void decideUnderWay() {
        item.payments()
                .forEach(
                        (node, payment) -> {
                            if (!payment.isTerminal()) {
                                decideUnderWay(node, payment);
                            }
                        });
    }

    private void decideUnderWay(NodeId node, Payment payment) {
        isWaiting = true;
        List<Payment.Attempt> present =
                payment.attempts().values().stream()
                        .filter(attempt -> !attempt.sentAt().isBefore(payment.createdAt()))
                        .toList();
        List<Payment.Attempt> flying =
                present.stream().filter(attempt -> attempt.state() == HtlcState.IN_FLIGHT).toList();
        long amount = payment.amount().value();
        if (flying.isEmpty()) {
            if (payment.state() == PaymentState.IN_FLIGHT) {
                Instant since =
                        present.stream()
                                .flatMap(attempt -> attempt.resolvedAt().stream())
                                .max(naturalOrder())
                                .orElse(payment.createdAt());
                claim(
                        Code.IN_FLIGHT_WITHOUT_HTLC,
                        node,
                        amount,
                        since.plus(rules.emptyAfter()),
                        Optional.of(since.plus(rules.emptyAfter())),
                        "%s calls it under way, but no part of it is.".formatted(Sats.text(node)),
                        OptionalLong.of(-amount),
                        OptionalLong.empty());
            }
            return;
        }
        long fee = flying.stream().mapToLong(attempt -> attempt.fee().value()).sum();
        int expiry = flying.stream().mapToInt(Payment.Attempt::expiryHeight).max().orElse(0);
        boolean heightPassed = expiry > 0 && coverage.blockHeight(node) > expiry;
        Instant byTime = payment.createdAt().plus(rules.stuckAfter());
        Instant due = heightPassed ? earlier(byTime, coverage.heightSeenAt(node)) : byTime;
        claim(
                Code.STUCK_IN_FLIGHT,
                node,
                Math.addExact(amount, fee),
                due,
                Optional.of(due),
                "A payment of %s is under way since %s; failure is final only after block %d."
                        .formatted(Sats.text(amount), payment.createdAt(), expiry),
                OptionalLong.of(-Math.addExact(amount, fee)),
                OptionalLong.empty());
    }

    // ---- invoices and their time

    private void decideExpiry() {
        item.receipts().forEach(this::decideExpiry);
    }

    private void decideExpiry(NodeId node, Receipt receipt) {
        Optional<Instant> expires = receipt.terms().expiresAt();
        if (expires.isEmpty()) {
            return;
        }
        Instant expiry = expires.get();
        if (receipt.isSettled()) {
            Instant settled = receipt.settledAt().orElse(Instant.EPOCH);
            if (settled.isAfter(expiry)) {
                claimNow(
                        Code.EXPIRED_BUT_PAID,
                        node,
                        receipt.received().value(),
                        settled,
                        "The invoice expired at %s and was paid after.".formatted(expiry),
                        OptionalLong.of(receipt.received().value()),
                        sum(books.net(EntryKind.RECEIPT)));
            }
            return;
        }
        boolean canBeMissed =
                receipt.state() == ReceiptState.OPEN || receipt.state() == ReceiptState.CANCELED;
        boolean wasCanceledBefore =
                receipt.canceledSeenAt().filter(seen -> seen.isBefore(expiry)).isPresent();
        if (canBeMissed && !wasCanceledBefore && receipt.settledSets() == 0) {
            claim(
                    Code.EXPECTED_NOT_ARRIVED,
                    node,
                    receipt.terms().requested().value(),
                    expiry,
                    Optional.of(expiry),
                    "The invoice over %s expired at %s unpaid."
                            .formatted(Sats.text(receipt.terms().requested().value()), expiry),
                    OptionalLong.of(0),
                    OptionalLong.empty());
        }
    }

    private void decideReusedNumbers() {
        for (StandingEntry standing : item.entries().values()) {
            if (!standing.reusedAmounts().isEmpty()) {
                BookEntry entry = standing.entry();
                long difference =
                        standing.reusedAmounts().stream()
                                .mapToLong(amount -> amount.distanceTo(entry.amount()).value())
                                .max()
                                .orElse(0);
                claimNow(
                        Code.REUSED_ENTRY_ID,
                        entry.node().orElseGet(this::holder),
                        difference,
                        entry.bookedAt(),
                        "%s came twice with other content; the first stands."
                                .formatted(entry.entryId()),
                        OptionalLong.empty(),
                        OptionalLong.of(entry.amount().value()));
            }
        }
    }

    // ---- comparing amounts

    private void amountDiffers(long amount, NodeId node) {
        Instant known =
                Stream.concat(
                                books.net().stream().map(BookEntry::bookedAt),
                                Stream.concat(
                                        settledReceipts().flatMap(r -> r.settledAt().stream()),
                                        succeededPayments().flatMap(p -> p.resolvedAt().stream())))
                        .max(naturalOrder())
                        .orElse(Instant.EPOCH);
        long nodeSays = receivedMsat - sentMsat - feeMsat;
        long booksSay = nodeSays - residueMsat();
        claimNow(
                Code.AMOUNT_DIFFERS,
                node,
                amount,
                known,
                "%s says %s, the books say %s."
                        .formatted(Sats.text(node), Sats.text(nodeSays), Sats.text(booksSay)),
                OptionalLong.of(nodeSays),
                OptionalLong.of(booksSay));
    }

    /// The rounding rule: whole satoshis in the books, less than one satoshi apart. The residue goes to `rounding`.
    ///
    /// @param residue what the difference leaves on clearing
    private boolean roundedAway(long residue, long booked) {
        if (booked <= 0 || booked % Msat.PER_SAT != 0 || Math.abs(residue) >= Msat.PER_SAT) {
            return false;
        }
        isByRule = true;
        roundingMsat += residue;
        return true;
    }

    private static Optional<String> unitFactor(long booked, long real) {
        for (long factor : UNIT_FACTORS) {
            if (isMultiple(booked, real, factor)) {
                return Optional.of(String.format(java.util.Locale.ROOT, "%,d times", factor));
            }
            if (isMultiple(real, booked, factor)) {
                return Optional.of(String.format(java.util.Locale.ROOT, "1/%,d of", factor));
            }
        }
        return Optional.empty();
    }

    private static boolean isMultiple(long larger, long smaller, long factor) {
        return smaller > 0 && larger % factor == 0 && larger / factor == smaller;
    }

    private static String unitSentence(NodeId node, long booked, long real) {
        return "The books hold %s what %s says: %s instead of %s."
                .formatted(
                        unitFactor(booked, real).orElse(""),
                        Sats.text(node),
                        Sats.text(booked),
                        Sats.text(real));
    }

    /// What equal entries hold beyond the settlement; 0 when leaving some of them out does not explain the sum.
    private static long surplusMsat(List<BookEntry> entries, long booked, long real) {
        long surplus = booked - real;
        for (BookEntry entry : entries) {
            long amount = entry.amount().value();
            long equal = entries.stream().filter(e -> e.amount().equals(entry.amount())).count();
            if (surplus > 0 && surplus % amount == 0 && surplus / amount < equal) {
                return surplus;
            }
        }
        return 0;
    }

    private static String duplicateSentence(List<BookEntry> entries) {
        long equal =
                entries.stream()
                        .map(entry -> countEqual(entries, entry))
                        .max(naturalOrder())
                        .orElse(0L);
        return "%d equal entries for one settlement.".formatted(equal);
    }

    private static long countEqual(List<BookEntry> entries, BookEntry entry) {
        return entries.stream().filter(e -> e.amount().equals(entry.amount())).count();
    }

    // ---- claims

    private void claimNow(
            Code code,
            NodeId node,
            long amount,
            Instant since,
            String sentence,
            OptionalLong nodeMsat,
            OptionalLong booksMsat) {
        claim(code, node, amount, since, Optional.empty(), sentence, nodeMsat, booksMsat);
    }

    /// A claim that presupposes to know whether the other side is a sister node.
    private void claimWithFleet(
            Code code,
            NodeId node,
            long amount,
            Instant due,
            String sentence,
            OptionalLong nodeMsat,
            OptionalLong booksMsat) {
        claim(
                code,
                node,
                amount,
                due,
                Optional.of(resolvedAt(node)),
                sentence,
                nodeMsat,
                booksMsat);
    }

    private void claim(
            Code code,
            NodeId node,
            long amount,
            Instant due,
            Optional<Instant> needsCoverage,
            String sentence,
            OptionalLong nodeMsat,
            OptionalLong booksMsat) {
        claim(code, Optional.of(node), amount, due, needsCoverage, sentence, nodeMsat, booksMsat);
    }

    private void claim(
            Code code,
            Optional<NodeId> node,
            long amount,
            Instant due,
            Optional<Instant> needsCoverage,
            String sentence,
            OptionalLong nodeMsat,
            OptionalLong booksMsat) {
        if (now.isBefore(due)) {
            await(code);
            dueAt = Optional.of(dueAt.filter(at -> at.isBefore(due)).orElse(due));
        } else if (needsCoverage.isPresent() && !coverage.reaches(needsCoverage.get())) {
            await(code);
            Instant needed = needsCoverage.get();
            waitsForCoverage =
                    Optional.of(waitsForCoverage.filter(at -> at.isBefore(needed)).orElse(needed));
        } else {
            Optional<BookEntry> leading = leadingEntry();
            findings.add(
                    new Finding(
                            code,
                            node,
                            referenceText(node),
                            Msat.of(amount),
                            due,
                            sentence,
                            nodeMsat,
                            booksMsat,
                            leading.flatMap(BookEntry::order),
                            leading.map(BookEntry::account),
                            nodeHalf(),
                            booksHalf()));
        }
    }

    private void await(Code code) {
        isWaiting |= !code.isInformation();
    }

    // ---- what the verdict says besides

    private State state() {
        if (findings.stream().anyMatch(finding -> !finding.code().isInformation())) {
            return State.OPEN;
        }
        if (isWaiting) {
            return State.WAITING;
        }
        if (isByRule) {
            return State.AGREED_BY_RULE;
        }
        return item.entries().isEmpty() && receivedMsat == 0 && sentMsat == 0
                ? State.IDLE
                : State.AGREED;
    }

    private long residueMsat() {
        return Postings.residueMsat(Postings.of(item, roundingMsat));
    }

    private List<PairVerdict> pairVerdicts(State state) {
        Optional<NodeId> holder = receiver.or(() -> payer);
        return Decider.pairs(item, books, holder).entrySet().stream()
                .map(
                        pair ->
                                new PairVerdict(
                                        pair.getKey().node(),
                                        pair.getKey().reference(),
                                        pairState(state, pair.getKey()),
                                        pair.getValue()))
                .toList();
    }

    /// A pair beside the one that a mismatch names agrees, unless its entries are the ones booked under the wrong node.
    private State pairState(State state, Decider.PairKey pair) {
        if (state != State.OPEN) {
            return state;
        }
        boolean isNamed =
                findings.stream()
                        .filter(finding -> !finding.code().isInformation())
                        .anyMatch(
                                finding ->
                                        finding.code() == Code.WRONG_NODE
                                                || finding.node()
                                                        .map(NodeId::pubkey)
                                                        .orElse("")
                                                        .equals(pair.node()));
        if (isNamed) {
            return State.OPEN;
        }
        return isWaiting ? State.WAITING : State.AGREED;
    }

    private List<Contribution> contributions() {
        List<Contribution> result = new ArrayList<>();
        if (roundingMsat != 0) {
            NodeId node = holder();
            Instant known = lastBooked(books.net());
            LocalDate day = known.atZone(rules.zone()).toLocalDate();
            result.add(
                    contribution(
                            "rounding/" + day,
                            node,
                            books.net().getLast(),
                            Math.abs(roundingMsat),
                            known));
        }
        receiver.ifPresent(
                node ->
                        orderContribution(node, EntryKind.RECEIPT, event(node))
                                .ifPresent(result::add));
        payer.ifPresent(
                node ->
                        orderContribution(node, EntryKind.PAYMENT, resolvedAt(node))
                                .ifPresent(result::add));
        return result;
    }

    private Optional<Contribution> orderContribution(NodeId node, EntryKind kind, Instant event) {
        List<BookEntry> entries = books.net(kind);
        return entries.stream()
                .filter(entry -> entry.order().isPresent())
                .findFirst()
                .map(
                        entry ->
                                contribution(
                                        "order/%s/%s/%s"
                                                .formatted(
                                                        node,
                                                        kind.text(),
                                                        entry.order().orElseThrow()),
                                        node,
                                        entry,
                                        sum(entries).orElse(0),
                                        later(event, entries)));
    }

    private Contribution contribution(
            String group, NodeId node, BookEntry entry, long amount, Instant known) {
        return new Contribution(
                group,
                node.pubkey(),
                referenceText(Optional.of(node)),
                entry.bookedAt(),
                entry.entryId(),
                amount,
                known,
                entry.order(),
                Optional.of(entry.account()));
    }

    // ---- halves, for people

    private List<HalfLine> nodeHalf() {
        List<HalfLine> lines = new ArrayList<>();
        item.receipts()
                .forEach(
                        (node, receipt) ->
                                lines.add(
                                        new HalfLine(
                                                node.pubkey(),
                                                "receipt, " + stateText(receipt.state()),
                                                receipt.received().value(),
                                                Optional.of(
                                                        receipt.settledAt()
                                                                .orElse(
                                                                        receipt.terms()
                                                                                .createdAt())))));
        item.payments()
                .forEach(
                        (node, payment) ->
                                lines.add(
                                        new HalfLine(
                                                node.pubkey(),
                                                "payment, " + stateText(payment.state()),
                                                payment.isSucceeded()
                                                        ? -sentMsat(payment) - feeMsat(payment)
                                                        : 0,
                                                Optional.of(
                                                        payment.resolvedAt()
                                                                .orElse(payment.createdAt())))));
        return lines;
    }

    private List<HalfLine> booksHalf() {
        return books.all().stream()
                .map(
                        entry ->
                                new HalfLine(
                                        entry.node().map(NodeId::pubkey).orElse(""),
                                        "%s, entry %s"
                                                .formatted(
                                                        entry.kind().text().replace('_', ' '),
                                                        entry.entryId()),
                                        signed(entry),
                                        Optional.of(entry.bookedAt())))
                .toList();
    }

    private long signed(BookEntry entry) {
        BookEntry effective = books.reversedBy(entry).orElse(entry);
        boolean isIn =
                switch (effective.kind().effect()) {
                    case MONEY_IN -> true;
                    case MONEY_OUT, NONE, OPPOSITE -> effective.kind() == EntryKind.HOLD_RELEASE;
                };
        return isIn == effective.equals(entry)
                ? effective.amount().value()
                : -effective.amount().value();
    }

    private static String stateText(Enum<?> state) {
        return state.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
    }

    // ---- small parts

    private Optional<BookEntry> leadingEntry() {
        return books.net().stream().findFirst();
    }

    /// The form that the books use for it at this node; else what it is.
    private String referenceText(Optional<NodeId> node) {
        return books.all().stream()
                .filter(entry -> entry.node().equals(node))
                .findFirst()
                .or(() -> books.all().stream().findFirst())
                .map(entry -> entry.reference().text())
                .orElseGet(() -> natural(node).text());
    }

    private Reference natural(Optional<NodeId> node) {
        String hash = ((Reference.Payment) item.key().reference()).hash();
        boolean isSet =
                node.flatMap(n -> Optional.ofNullable(item.receipts().get(n)))
                        .map(Receipt::isAmpSet)
                        .orElse(false);
        return isSet ? new Reference.AmpSet(hash) : item.key().reference();
    }

    /// The node that holds the money; else the one that knows of it, else the one the books name.
    private NodeId holder() {
        return receiver.or(() -> payer)
                .or(() -> item.receipts().keySet().stream().findFirst())
                .or(() -> item.payments().keySet().stream().findFirst())
                .or(() -> books.all().stream().flatMap(e -> e.node().stream()).findFirst())
                .or(() -> coverage.nodes().keySet().stream().findFirst())
                .orElseThrow(
                        () ->
                                new IllegalStateException(
                                        "item %s: no node (expected: one that knows of it)"
                                                .formatted(item.key().text())));
    }

    private <T> NodeId preferred(List<BookEntry> entries, Map<NodeId, T> halves) {
        return entries.stream()
                .flatMap(entry -> entry.node().stream())
                .filter(halves::containsKey)
                .findFirst()
                .orElseGet(() -> halves.keySet().stream().findFirst().orElseThrow());
    }

    private Receipt receipt(NodeId node) {
        return Objects.requireNonNull(item.receipts().get(node), "receipt");
    }

    private Instant event(NodeId node) {
        Receipt receipt = receipt(node);
        return receipt.settledAt().orElse(receipt.terms().createdAt());
    }

    private Instant resolvedAt(NodeId node) {
        Payment payment = Objects.requireNonNull(item.payments().get(node), "payment");
        return payment.resolvedAt().orElse(payment.createdAt());
    }

    private Stream<Receipt> settledReceipts() {
        return item.receipts().values().stream().filter(Receipt::isSettled);
    }

    private Stream<Payment> succeededPayments() {
        return item.payments().values().stream().filter(Payment::isSucceeded);
    }

    /// What left for the receiver: of the settled attempts where they are known.
    private static long sentMsat(Payment payment) {
        return settledOr(
                payment,
                attempt -> attempt.total().value() - attempt.fee().value(),
                payment.amount());
    }

    private static long feeMsat(Payment payment) {
        return settledOr(payment, attempt -> attempt.fee().value(), payment.fee());
    }

    private static long settledOr(
            Payment payment, Function<Payment.Attempt, Long> part, Msat otherwise) {
        return payment.attempts().values().stream()
                .filter(attempt -> attempt.state() == HtlcState.SETTLED)
                .map(part)
                .reduce(Math::addExact)
                .orElse(otherwise.value());
    }

    private static <T> Optional<NodeId> first(
            Map<NodeId, T> halves, java.util.function.Predicate<T> is) {
        return halves.entrySet().stream()
                .filter(entry -> is.test(entry.getValue()))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    private static OptionalLong sum(List<BookEntry> entries) {
        return entries.isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(entries.stream().mapToLong(e -> e.amount().value()).sum());
    }

    private static Instant lastBooked(List<BookEntry> entries) {
        return entries.stream()
                .map(BookEntry::bookedAt)
                .max(Comparator.naturalOrder())
                .orElse(Instant.EPOCH);
    }

    private static Instant later(Instant event, List<BookEntry> entries) {
        Instant booked = lastBooked(entries);
        return booked.isAfter(event) ? booked : event;
    }

    private static Instant earlier(Instant a, Instant b) {
        return a.isBefore(b) ? a : b;
    }
}
