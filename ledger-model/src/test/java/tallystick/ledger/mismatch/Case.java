package tallystick.ledger.mismatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Samples;
import tallystick.ledger.account.Postings;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NodeFacts;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.mismatch.Coverage.NodeCoverage;
import tallystick.ledger.mismatch.Verdict.PairVerdict;
import tallystick.ledger.mismatch.Verdict.State;

/// One item and what is to be decided of it. Minutes count from the start of the story; the fleet is Alice and Bob.
record Case(Item item, int blockHeight) {
    private static final long END = 600;

    static Case of() {
        return new Case(Samples.nothingKnown(), 0);
    }

    static Case of(ItemKey key) {
        return new Case(Item.empty(key), 0);
    }

    Case node(NodeFacts facts) {
        return new Case(item.with(facts), blockHeight);
    }

    Case decided(String group, Allocation allocation) {
        return new Case(item.withAllocation(group, Optional.of(allocation)), blockHeight);
    }

    Case node(NodeId node, Receipt receipt) {
        return new Case(item.with(node, receipt), blockHeight);
    }

    Case node(NodeId node, Payment payment) {
        return new Case(item.with(node, payment), blockHeight);
    }

    Case books(BookEntry... entries) {
        Item more = item;
        for (BookEntry entry : entries) {
            more = more.with(entry);
        }
        return new Case(more, blockHeight);
    }

    Case height(int height) {
        return new Case(item, height);
    }

    /// When all is long over and read.
    Verdict atTheEnd() {
        return at(END);
    }

    /// With all nodes read up to that minute.
    Verdict at(long minute) {
        return decide(Samples.minute(minute), minute);
    }

    /// Read only up to the given minute, though it is much later.
    Verdict readTo(long minute) {
        return decide(Samples.minute(END), minute);
    }

    Verdict decide(Instant now, long aliceAndBobReadTo) {
        SortedMap<NodeId, NodeCoverage> nodes = new TreeMap<>();
        nodes.put(Samples.ALICE, read(aliceAndBobReadTo));
        nodes.put(Samples.BOB, read(aliceAndBobReadTo));
        Heights heights =
                (_, height) ->
                        Optional.of(Samples.minute(aliceAndBobReadTo))
                                .filter(_ -> height <= blockHeight);
        return decide(new Coverage(nodes, heights), now);
    }

    Verdict decide(Coverage coverage, Instant now) {
        return Decider.decide(item, coverage, RuleSet.defaults(), now);
    }

    NodeCoverage read(long minute) {
        Optional<Instant> until = Optional.of(Samples.minute(minute));
        return new NodeCoverage(until, until, until, until, false);
    }

    /// Opens in that minute, not a moment before.
    Case opensInMinute(long due, Code code, NodeId node, long amountMsat) {
        Verdict before = decide(Samples.minute(due).minusNanos(1), END);
        Verdict then = decide(Samples.minute(due), END);
        assertThat(codes(before)).as("before it is due").doesNotContain(code);
        assertThat(codes(then)).as("when it is due").contains(code);
        Finding finding = finding(then, code);
        assertThat(finding.since()).isEqualTo(Samples.minute(due));
        assertThat(finding.node()).contains(node);
        assertThat(finding.amount().value()).isEqualTo(amountMsat);
        assertThat(finding.sentence()).isNotBlank();
        return this;
    }

    /// Stays waiting until the whole fleet is read to that minute.
    Case waitsUntilReadTo(long minute, Code code) {
        Verdict unread = decide(Samples.minute(END), minute - 1);
        assertThat(codes(unread)).as("before all is read").doesNotContain(code);
        assertThat(unread.waitsForCoverage()).contains(Samples.minute(minute));
        assertThat(codes(readTo(minute))).as("when all is read").contains(code);
        return this;
    }

    /// Before it is due it waits, and says when it is to be decided again.
    Case waitsBefore(long due) {
        Verdict before = decide(Samples.minute(due).minusNanos(1), END);
        assertThat(before.state()).isEqualTo(State.WAITING);
        assertThat(before.dueAt()).contains(Samples.minute(due));
        return this;
    }

    Case isOnly(Code... codes) {
        assertThat(codes(atTheEnd())).containsExactlyInAnyOrder(codes);
        return this;
    }

    /// Nothing is left of it once these entries have come.
    void closesWith(BookEntry... entries) {
        Verdict put = books(entries).atTheEnd();
        assertThat(codes(put)).isEmpty();
        assertThat(put.state()).isIn(State.AGREED, State.AGREED_BY_RULE);
        Item booked = books(entries).item;
        assertThat(Postings.residueMsat(booked, Postings.of(booked, put.roundingMsat()))).isZero();
    }

    void agrees() {
        closesWith();
    }

    static List<Code> codes(Verdict verdict) {
        return verdict.findings().stream().map(Finding::code).toList();
    }

    static Finding finding(Verdict verdict, Code code) {
        return verdict.findings().stream()
                .filter(finding -> finding.code() == code)
                .findFirst()
                .orElseThrow();
    }

    static State pairState(Verdict verdict, NodeId node) {
        return verdict.pairs().stream()
                .filter(pair -> pair.node().equals(node.pubkey()))
                .map(PairVerdict::state)
                .findFirst()
                .orElseThrow();
    }
}
