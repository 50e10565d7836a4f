package tallystick.ledger.mismatch;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.ledger.Samples.ALICE;
import static tallystick.ledger.Samples.BOB;
import static tallystick.ledger.Samples.minute;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import tallystick.ledger.Books;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.Reference;
import tallystick.ledger.account.Postings;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NodeFacts;
import tallystick.ledger.mismatch.Verdict.Contribution;
import tallystick.ledger.mismatch.Verdict.State;

/// Forwards, alone and by the day. Stories begin at 09:00; the day ends 900 minutes later, and the books have 5 more.
class ForwardsTest {
    private static final LocalDate DAY = LocalDate.parse("2026-11-22");
    private static final String GROUP = "forwards/" + ALICE + "/" + DAY;
    private static final Reference OF_DAY = new Reference.ForwardsOfDay(ALICE, DAY);
    private static final Instant DUE = minute(905);
    private static final long FEE = 6_238;

    private static Reference forward(int number) {
        return new Reference.Forward("466192930242560", String.valueOf(number));
    }

    private static Case earned(int number, long fee) {
        return Case.of(ItemKey.of(ALICE, forward(number)))
                .node(
                        new NodeFacts.Forward(
                                1, 2, Msat.of(1_000_000 + fee), Msat.of(1_000_000), minute(10)));
    }

    private static BookEntry income(String id, int number, long amount) {
        return Books.of(EntryKind.ROUTING_INCOME, id)
                .under(ALICE)
                .under(forward(number))
                .at(minute(20))
                .amount(amount);
    }

    private static BookEntry ofDay(String id, long amount) {
        return Books.of(EntryKind.ROUTING_INCOME, id)
                .under(ALICE)
                .under(OF_DAY)
                .at(minute(20))
                .amount(amount);
    }

    private static Case day(BookEntry... entries) {
        return Case.of(ItemKey.of(OF_DAY, Optional.empty())).books(entries);
    }

    @Test
    void anEntryOfItsOwnAgrees() {
        earned(1, FEE).books(income("e1", 1, FEE)).agrees();
        assertThat(earned(1, 0).atTheEnd().state()).isEqualTo(State.IDLE);
    }

    @Test
    void anotherAmountOpensWhenBothAreKnown() {
        earned(1, FEE)
                .books(income("e1", 1, FEE + 3))
                .opensInMinute(20, Code.AMOUNT_DIFFERS, ALICE, 3)
                .isOnly(Code.AMOUNT_DIFFERS);
        assertThat(
                        Case.finding(
                                        earned(1, FEE).books(income("e1", 1, FEE + 3)).atTheEnd(),
                                        Code.AMOUNT_DIFFERS)
                                .severity())
                .isEqualTo(Severity.HIGH);
    }

    @Test
    void narrowerCodesComeFirst() {
        earned(1, 6_000).books(income("e1", 1, 6)).isOnly(Code.UNIT_ERROR);
        earned(1, FEE)
                .books(income("e1", 1, FEE), income("e2", 1, FEE))
                .opensInMinute(20, Code.DUPLICATE_POSTING, ALICE, FEE)
                .isOnly(Code.DUPLICATE_POSTING);
    }

    @Test
    void wholeSatoshisAgreeByRule() {
        Case rounded = earned(1, FEE).books(income("e1", 1, 6_000));

        rounded.agrees();
        assertThat(rounded.atTheEnd().state()).isEqualTo(State.AGREED_BY_RULE);
        assertThat(rounded.atTheEnd().contributions())
                .extracting(Contribution::group)
                .containsExactly("rounding/2026-11-22");
    }

    @Test
    void anEntryForAForwardThatTheNodeDoesNotHave() {
        Case.of(ItemKey.of(ALICE, forward(1)))
                .books(income("e1", 1, FEE))
                .waitsBefore(25)
                .opensInMinute(25, Code.BOOKED_NOT_ON_NODE, ALICE, FEE)
                .waitsUntilReadTo(20, Code.BOOKED_NOT_ON_NODE);
    }

    @Test
    void whatHasNoEntryIsLeftToItsDay() {
        Verdict verdict = earned(1, FEE).atTheEnd();

        assertThat(verdict.state()).isEqualTo(State.WAITING);
        assertThat(verdict.contributions())
                .extracting(Contribution::group, Contribution::amountMsat)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(GROUP, FEE));
        assertThat(earned(1, FEE).books(income("e1", 1, FEE)).atTheEnd().contributions()).isEmpty();
    }

    @Test
    void anEntryTakenBackIsLeftToItsDayToo() {
        BookEntry entry = income("e1", 1, FEE);

        assertThat(earned(1, FEE).books(entry, Books.reversal("r1", entry)).atTheEnd().state())
                .isEqualTo(State.WAITING);
    }

    @Test
    void theDayIsThatOfTheLedgersZone() {
        NodeFacts.Forward late =
                new NodeFacts.Forward(
                        1, 2, Msat.of(2), Msat.of(1), Instant.parse("2026-11-22T23:30:00Z"));

        assertThat(ForwardDays.day(late, RuleSet.defaults())).isEqualTo(DAY);
    }

    @Test
    void nothingIsDecidedBeforeTheDayIsOver() {
        assertThat(GroupRules.dueAt(GROUP, RuleSet.defaults())).isEqualTo(DUE);
        assertThat(decide(List.of(earned(1, FEE)), DUE.minusNanos(1), DUE))
                .allSatisfy(one -> assertThat(one.atTheEnd().state()).isEqualTo(State.WAITING));
    }

    @Test
    void aForwardThatNoEntryCoversOpens() {
        Case open = decide(List.of(earned(1, FEE)), DUE, DUE).getFirst();
        Verdict verdict = open.decide(DUE, 0);

        Finding finding = Case.finding(verdict, Code.FORWARD_FEE_NOT_BOOKED);
        assertThat(finding.since()).isEqualTo(DUE);
        assertThat(finding.amount().value()).isEqualTo(FEE);
        assertThat(finding.node()).contains(ALICE);
        assertThat(finding.reference()).isEqualTo(forward(1).text());
        assertThat(verdict.state()).isEqualTo(State.OPEN);
    }

    @Test
    void itsOwnEntryClosesItThoughTheDayIsDecided() {
        Case open = decide(List.of(earned(1, FEE)), DUE, DUE).getFirst();

        Verdict verdict = open.books(income("e1", 1, FEE)).atTheEnd();

        assertThat(verdict.findings()).isEmpty();
        assertThat(verdict.state()).as("until the group takes back").isEqualTo(State.WAITING);
    }

    @Test
    void aDaysEntryTakesOverWhatItsForwardsLeave() {
        List<Case> all =
                decide(List.of(earned(1, 100), earned(2, 23), day(ofDay("e1", 123))), DUE, DUE);

        assertThat(all).allSatisfy(ForwardsTest::isEven);
    }

    @Test
    void aDaysEntryAgreesByRule() {
        List<Case> all =
                decide(
                        List.of(earned(1, 1_999), earned(2, 1_500), day(ofDay("e1", 3_000))),
                        DUE,
                        DUE);

        assertThat(all).allSatisfy(ForwardsTest::isEven);
        assertThat(all.getLast().atTheEnd().state()).isEqualTo(State.AGREED_BY_RULE);
    }

    @Test
    void aDaysEntryThatIsNotTheSumIsNamedItself() {
        List<Case> all =
                decide(List.of(earned(1, 100), earned(2, 23), day(ofDay("e1", 120))), DUE, DUE);

        assertThat(all.subList(0, 2)).allSatisfy(ForwardsTest::isEven);
        Verdict verdict = all.getLast().decide(DUE, 0);
        Finding finding = Case.finding(verdict, Code.AMOUNT_DIFFERS);
        assertThat(verdict.findings()).hasSize(1);
        assertThat(finding.amount().value()).isEqualTo(3);
        assertThat(finding.since()).isEqualTo(DUE);
        assertThat(finding.severity()).isEqualTo(Severity.MEDIUM);
        assertThat(finding.reference()).isEqualTo(OF_DAY.text());
        assertThat(finding.node()).contains(ALICE);
    }

    @Test
    void aDaysEntryBookedTwiceOrInAnotherUnit() {
        List<Case> twice =
                decide(List.of(earned(1, 100), day(ofDay("e1", 100), ofDay("e2", 100))), DUE, DUE);
        List<Case> unit = decide(List.of(earned(1, 7_000), day(ofDay("e1", 7))), DUE, DUE);

        assertThat(Case.codes(twice.getLast().decide(DUE, 0)))
                .containsExactly(Code.DUPLICATE_POSTING);
        assertThat(Case.codes(unit.getLast().decide(DUE, 0))).containsExactly(Code.UNIT_ERROR);
    }

    @Test
    void aDaysEntryWaitsUntilTheDayIsRead() {
        List<Case> all = decide(List.of(earned(1, 100), day(ofDay("e1", 120))), DUE, minute(899));

        assertThat(all.getLast().atTheEnd().state()).isEqualTo(State.WAITING);
        assertThat(all.getFirst().atTheEnd().state()).isEqualTo(State.AGREED);
    }

    @Test
    void aBookingAfterTheDayIsKnownFromThenOn() {
        BookEntry late =
                Books.of(EntryKind.ROUTING_INCOME, "e1")
                        .under(ALICE)
                        .under(OF_DAY)
                        .at(minute(1_000))
                        .amount(120);

        List<Case> all = decide(List.of(earned(1, 100), day(late)), minute(1_001), minute(1_001));

        Verdict verdict = all.getLast().decide(minute(1_001), 0);
        assertThat(Case.finding(verdict, Code.AMOUNT_DIFFERS).since()).isEqualTo(minute(1_000));
    }

    @Test
    void anotherDayOrNodeIsAnotherGroup() {
        assertThat(ForwardDays.reference("forwards/" + BOB + "/2026-11-23"))
                .isEqualTo(new Reference.ForwardsOfDay(BOB, DAY.plusDays(1)));
    }

    /// However they come and go, the same contributions always give the same allocations, and what was decided on others is
    /// taken back.
    @RepeatedTest(40)
    void allocationsDependOnTheContributionsAlone(RepetitionInfo info) {
        Random random = new Random(info.getCurrentRepetition());
        List<Case> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            all.add(earned(i, random.nextInt(3_000)));
        }
        all.add(day());
        for (int step = 0; step < 6; step++) {
            int which = random.nextInt(all.size());
            String id = "e" + step;
            BookEntry entry =
                    which == 8
                            ? ofDay(id, 1 + random.nextInt(9_000))
                            : income(id, which, 1 + random.nextInt(3_000));
            all.set(which, all.get(which).books(entry));
            if (random.nextBoolean()) {
                all.set(which, all.get(which).books(Books.reversal("r" + step, entry)));
            }
            all = decide(all, DUE, DUE);
        }
        List<Case> straight = new ArrayList<>();
        all.forEach(one -> straight.add(new Case(withoutAllocations(one.item()), 0)));
        Collections.shuffle(straight, random);

        List<Case> again = decide(straight, DUE, DUE);

        assertThat(again).containsExactlyInAnyOrderElementsOf(all);
        assertThat(again.stream().mapToLong(one -> one.item().allocatedMsat()).sum()).isZero();
    }

    private static Item withoutAllocations(Item item) {
        Item result = item;
        for (String group : item.allocations().keySet()) {
            result = result.withAllocation(group, Optional.empty());
        }
        return result;
    }

    private static void isEven(Case one) {
        Verdict verdict = one.atTheEnd();
        assertThat(verdict.findings()).isEmpty();
        assertThat(verdict.state()).isIn(State.AGREED, State.AGREED_BY_RULE);
        assertThat(
                        Postings.residueMsat(
                                one.item(), Postings.of(one.item(), verdict.roundingMsat())))
                .isZero();
    }

    /// What the group of these items decides, as the engine does it.
    private static List<Case> decide(List<Case> all, Instant now, Instant readTo) {
        List<Contribution> contributions = new ArrayList<>();
        List<Integer> from = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            for (Contribution one : all.get(i).decide(now, 0).contributions()) {
                if (one.group().equals(GROUP)) {
                    contributions.add(one);
                    from.add(i);
                }
            }
        }
        Coverage coverage =
                new Coverage(
                        new TreeMap<>(
                                java.util.Map.of(
                                        ALICE,
                                        new Coverage.NodeCoverage(
                                                Optional.empty(),
                                                Optional.empty(),
                                                Optional.of(readTo)))));
        List<Optional<Allocation>> allocations =
                GroupRules.decide(GROUP, contributions, coverage, RuleSet.defaults(), now)
                        .allocations();
        List<Case> result = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            int place = from.indexOf(i);
            Optional<Allocation> decided = place < 0 ? Optional.empty() : allocations.get(place);
            result.add(new Case(all.get(i).item().withAllocation(GROUP, decided), 0));
        }
        return result;
    }

    @Test
    void graceIsThatOfTheRules() {
        assertThat(DUE)
                .isEqualTo(Instant.parse("2026-11-23T00:00:00Z").plus(Duration.ofMinutes(5)));
    }
}
