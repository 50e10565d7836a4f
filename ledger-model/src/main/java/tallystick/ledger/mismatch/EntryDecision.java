package tallystick.ledger.mismatch;

import static java.util.stream.Collectors.toCollection;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NetBooks;
import tallystick.ledger.match.Direction;
import tallystick.ledger.match.Keys;
import tallystick.ledger.match.Offer;
import tallystick.ledger.mismatch.Finding.HalfLine;
import tallystick.ledger.mismatch.Verdict.Contribution;

/// Entries that name an order or nothing: what their groups found for them. One use.
final class EntryDecision implements Subject {
    private static final Set<EntryKind> IN = Set.of(EntryKind.RECEIPT);
    private static final Set<EntryKind> OUT = Set.of(EntryKind.PAYMENT, EntryKind.ROUTING_FEE);

    private final Item item;
    private final NetBooks books;
    private final RuleSet rules;
    private final Claims claims;
    private final List<Contribution> toGroups = new ArrayList<>();
    private Optional<Offer> offer = Optional.empty();

    EntryDecision(Item item, Coverage coverage, RuleSet rules, Instant now) {
        this.item = item;
        this.books = NetBooks.of(item.entries());
        this.rules = rules;
        this.claims = new Claims(this, coverage, now);
    }

    Verdict verdict() {
        decide(Direction.IN, IN);
        decide(Direction.OUT, OUT);
        if (books.hasWaitingReversal() || !Groups.isSettled(item, toGroups)) {
            claims.await();
        }
        new EntryNumberRule(item, Optional.empty(), claims).decide();
        return Verdicts.of(item, books, Optional.empty(), claims, new Rounding(), false, toGroups);
    }

    private void decide(Direction direction, Set<EntryKind> kinds) {
        List<BookEntry> entries =
                books.net().stream().filter(entry -> kinds.contains(entry.kind())).toList();
        if (entries.isEmpty()) {
            return;
        }
        long booked = Entries.sumMsat(entries).orElse(0);
        List<Contribution> toKeys =
                keys(entries).stream()
                        .map(key -> MatchGroups.key(direction, key))
                        .map(group -> contribution(group, entries, entries.getFirst().bookedAt()))
                        .toList();
        toGroups.addAll(toKeys);
        List<Optional<Allocation>> heard = toKeys.stream().map(one -> one.decided(item)).toList();
        if (heard.stream().anyMatch(Optional::isEmpty)) {
            claims.await();
            return;
        }
        if (MatchGroups.matchedMsat(heard.stream().flatMap(Optional::stream)) == booked) {
            return;
        }
        decideUnmatched(
                direction,
                entries,
                notOnNode(booked, entries, direction),
                heard.stream()
                        .flatMap(Optional::stream)
                        .flatMap(one -> one.proposal().stream())
                        .findFirst());
    }

    /// @param byKeys what the groups of its keys propose
    private void decideUnmatched(
            Direction direction, List<BookEntry> entries, Claim claim, Optional<String> byKeys) {
        if (!claims.isRipe(claim)) {
            claims.add(claim);
            return;
        }
        Optional<String> proposal = byKeys;
        if (byKeys.isEmpty()) {
            Contribution toDay = toDay(direction, entries);
            toGroups.add(toDay);
            Optional<Allocation> day = toDay.decided(item);
            if (day.isEmpty()) {
                claims.await();
                return;
            }
            proposal = day.get().proposal();
        }
        offer = proposal.map(Offer::parse);
        claims.add(offer.map(one -> ambiguous(claim, one, entries)).orElse(claim));
    }

    private Contribution toDay(Direction direction, List<BookEntry> entries) {
        var day = entries.getFirst().valueDate();
        return contribution(MatchGroups.day(direction, day), entries, MatchGroups.noon(day, rules));
    }

    /// What a person confirmed counts in place of what the entries name; the last decision does.
    private SortedSet<String> keys(List<BookEntry> entries) {
        return item.decisions().values().stream()
                .filter(decision -> decision.kind() == Decision.Kind.CONFIRM_MATCH)
                .max(Decision.DECIDED)
                .map(decision -> Keys.ofBooking(decision.alternative(), ""))
                .orElseGet(() -> named(entries));
    }

    private SortedSet<String> named(List<BookEntry> entries) {
        String order = item.key().reference() instanceof Reference.Order(String text) ? text : "";
        return entries.stream()
                .flatMap(
                        entry ->
                                Keys.ofBooking(
                                        entry.order().filter(_ -> order.isEmpty()).orElse(order),
                                        entry.memo())
                                        .stream())
                .collect(toCollection(TreeSet::new));
    }

    private Contribution contribution(String group, List<BookEntry> entries, Instant at) {
        BookEntry first = entries.getFirst();
        return new Contribution(
                group,
                node(entries).map(NodeId::pubkey).orElse(""),
                item.key().reference().text(),
                at,
                first.entryId(),
                Entries.sumMsat(entries).orElse(0),
                Entries.lastBooked(entries),
                first.order(),
                Optional.of(first.account()));
    }

    /// The one that all entries name; none when they differ.
    private static Optional<NodeId> node(List<BookEntry> entries) {
        Optional<NodeId> named = entries.getFirst().node();
        return named.filter(_ -> entries.stream().allMatch(e -> e.node().equals(named)));
    }

    private Claim notOnNode(long booked, List<BookEntry> entries, Direction direction) {
        Instant booking = Entries.lastBooked(entries);
        Optional<NodeId> node = node(entries);
        Duration grace =
                rules.of(Code.BOOKED_NOT_ON_NODE, node, Optional.of(entries.getFirst().account()))
                        .graceNode();
        Claim claim =
                Claim.of(Code.BOOKED_NOT_ON_NODE, node, booked, booking.plus(grace))
                        .onceReadPast(booking)
                        .saying(
                                "%s without a hash as reference, and no unbooked settlement fits; all nodes are read past that time."
                                        .formatted(Entries.subject(entries, booked, "comes")))
                        .booksSay(direction == Direction.IN ? booked : -booked);
        return direction == Direction.IN ? claim.unlessGaps() : claim;
    }

    private static Claim ambiguous(Claim claim, Offer offer, List<BookEntry> entries) {
        Claim ambiguous =
                Claim.of(Code.AMBIGUOUS_MATCH, claim.node(), claim.amountMsat(), claim.due())
                        .onceReadPast(claim.readPast().orElseThrow())
                        .saying(
                                "%s without a hash as reference. %s"
                                        .formatted(
                                                Entries.subject(
                                                        entries, claim.amountMsat(), "comes"),
                                                Offers.sentence(offer)))
                        .booksSay(claim.booksMsat());
        return claim.isHeldByGaps() ? ambiguous.unlessGaps() : ambiguous;
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
        return offer.map(Offers::lines).orElse(List.of());
    }

    @Override
    public boolean isRead(Coverage coverage, Instant moment) {
        return coverage.reaches(moment);
    }
}
