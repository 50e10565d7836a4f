package tallystick.ledger.mismatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tallystick.ledger.Samples.ALICE;
import static tallystick.ledger.Samples.BOB;
import static tallystick.ledger.Samples.minute;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tallystick.ledger.Books;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.Reference;
import tallystick.ledger.Samples;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.item.NodeFacts;
import tallystick.ledger.match.Direction;
import tallystick.ledger.match.Offer;
import tallystick.ledger.mismatch.Verdict.Contribution;
import tallystick.ledger.mismatch.Verdict.State;

/// What is set is what the rules decide by, for all, for a code, a node and an account.
class RuleUseTest {
    private static final LocalDate DAY = LocalDate.parse("2026-11-22");
    private static final Reference FORWARD = new Reference.Forward("466192930242560", "1");
    private static final Reference OF_DAY = new Reference.ForwardsOfDay(ALICE, DAY);
    private static final String GROUP = "forwards/" + ALICE + "/" + DAY;
    private static final long END = 6_000;

    private static RuleSet rules(String... lines) {
        return RuleSet.parse(
                Arrays.stream(lines)
                        .collect(
                                Collectors.toMap(
                                        line -> line.substring(0, line.lastIndexOf('=')),
                                        line -> line.substring(line.lastIndexOf('=') + 1))),
                ZoneOffset.UTC);
    }

    private static Verdict decide(Case one, RuleSet rules, long minute) {
        Coverage coverage =
                new Coverage(new TreeMap<>(Map.of(ALICE, one.read(END), BOB, one.read(END))));
        return Decider.decide(one.item(), coverage, rules, minute(minute));
    }

    private static List<Code> codes(Case one, String... lines) {
        return decide(one, rules(lines), END).findings().stream().map(Finding::code).toList();
    }

    private static Case received(long amount, long booked) {
        return Case.of()
                .node(ALICE, Samples.settled(amount, minute(10)))
                .books(Books.receipt("e1", booked));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tolerance=7",
                "code.AMOUNT_DIFFERS.tolerance=7",
                "account." + Books.ACCOUNT + ".tolerance=7"
            })
    void differencesWithinTheToleranceAgree(String line) {
        Verdict verdict = decide(received(50_007, 50_000), rules(line), END);

        assertThat(verdict.findings()).isEmpty();
        assertThat(verdict.state()).isEqualTo(State.AGREED_BY_RULE);
        assertThat(verdict.roundingMsat()).isEqualTo(7);
        assertThat(verdict.contributions())
                .extracting(Contribution::group)
                .containsExactly("rounding/" + DAY);
        assertThat(codes(received(50_008, 50_000 - 1), line)).isNotEmpty();
    }

    @Test
    void toleranceIsThatOfTheCodeThatWouldOpen() {
        Case overpaid =
                Case.of()
                        .node(ALICE, Samples.settled(50_001, 53_001, minute(10)))
                        .books(Books.receipt("e1", 50_001));

        assertThat(codes(overpaid)).containsExactly(Code.OVERPAID);
        assertThat(codes(overpaid, "code.AMOUNT_DIFFERS.tolerance=3000"))
                .containsExactly(Code.OVERPAID);
        assertThat(codes(overpaid, "code.OVERPAID.tolerance=3000")).isEmpty();
        assertThat(codes(overpaid, "code.OVERPAID.node." + BOB + ".tolerance=3000"))
                .containsExactly(Code.OVERPAID);
    }

    @Test
    void paymentsAndFeesHaveTheirTolerance() {
        Case paid =
                Case.of()
                        .node(ALICE, Samples.paid(50_001, 77, minute(10)))
                        .books(Books.payment("e1", 50_003), Books.fee("e2", 76));

        assertThat(codes(paid)).containsExactly(Code.AMOUNT_DIFFERS);
        assertThat(codes(paid, "code.AMOUNT_DIFFERS.tolerance=2"))
                .containsExactly(Code.FEE_DIFFERS);
        assertThat(codes(paid, "tolerance=2")).isEmpty();
        assertThat(decide(paid, rules("tolerance=2"), END).roundingMsat()).isEqualTo(1);
    }

    @Test
    void roundingIsSwitchedByKindNodeAndAccount() {
        Case received = received(54_400, 54_000);
        Case paid =
                Case.of()
                        .node(ALICE, Samples.paid(54_400, 0, minute(10)))
                        .books(Books.payment("e1", 54_000));

        assertThat(codes(received)).isEmpty();
        assertThat(codes(received, "rounding=off")).containsExactly(Code.AMOUNT_DIFFERS);
        assertThat(codes(received, "rounding=payment,routing_fee"))
                .containsExactly(Code.AMOUNT_DIFFERS);
        assertThat(codes(paid, "rounding=payment,routing_fee")).isEmpty();
        assertThat(codes(paid, "node." + ALICE + ".rounding=receipt"))
                .containsExactly(Code.AMOUNT_DIFFERS);
        assertThat(codes(paid, "rounding=off", "account." + Books.ACCOUNT + ".rounding=on"))
                .isEmpty();
    }

    @Test
    void feesAndIncomeAreRoundedByTheirOwnKinds() {
        Case fee =
                Case.of()
                        .node(ALICE, Samples.paid(50_000, 2_400, minute(10)))
                        .books(Books.payment("e1", 50_000), Books.fee("e2", 2_000));
        Case income = earned(6_238).books(income(6_000));

        assertThat(codes(fee, "rounding=routing_fee")).isEmpty();
        assertThat(codes(fee, "rounding=payment,rebalance_fee")).containsExactly(Code.FEE_DIFFERS);
        assertThat(codes(income, "rounding=routing_income")).isEmpty();
        assertThat(codes(income, "rounding=receipt")).containsExactly(Code.AMOUNT_DIFFERS);
        assertThat(codes(income, "rounding=off", "tolerance=238")).isEmpty();
    }

    private static Case earned(long fee) {
        return Case.of(ItemKey.of(ALICE, FORWARD))
                .node(
                        new NodeFacts.Forward(
                                1, 2, Msat.of(1_000_000 + fee), Msat.of(1_000_000), minute(10)));
    }

    private static BookEntry income(long amount) {
        return Books.of(EntryKind.ROUTING_INCOME, "e1")
                .under(ALICE)
                .under(FORWARD)
                .at(minute(20))
                .amount(amount);
    }

    @Test
    void aForwardThatTheNodeDoesNotHaveWaitsForTheGraceOfItsNode() {
        Case unknown = Case.of(ItemKey.of(ALICE, FORWARD)).books(income(6_238));
        String longer = "code.BOOKED_NOT_ON_NODE.node." + ALICE + ".grace-node=1h";

        assertThat(decide(unknown, rules(), 25).findings()).hasSize(1);
        assertThat(decide(unknown, rules(longer), 25).dueAt()).contains(minute(80));
        assertThat(
                        decide(unknown, rules("account." + Books.ACCOUNT + ".grace-node=2h"), 25)
                                .dueAt())
                .contains(minute(140));
    }

    @Test
    void aDayIsDueByTheGraceOfItsCodesAndNode() {
        RuleSet rules =
                rules(
                        "grace-books=10m",
                        "code.FORWARD_FEE_NOT_BOOKED.node." + ALICE + ".grace-books=2h",
                        "code.AMOUNT_DIFFERS.account." + Books.ACCOUNT + ".grace-books=1h");
        Case open = earned(6_238).decided(GROUP, new Allocation(6_238, 0, true));
        Case day =
                Case.of(ItemKey.of(OF_DAY, Optional.empty()))
                        .books(
                                Books.of(EntryKind.ROUTING_INCOME, "e1")
                                        .under(ALICE)
                                        .under(OF_DAY)
                                        .at(minute(20))
                                        .amount(5))
                        .decided(GROUP, new Allocation(5, 6_238, true));

        // The day ends 900 minutes after the story begins.
        assertThat(GroupRules.dueAt(GROUP, rules)).isEqualTo(minute(910));
        assertThat(decide(open, rules, 1_019).dueAt()).contains(minute(1_020));
        assertThat(decide(open, rules, 1_020).findings())
                .extracting(Finding::since)
                .containsExactly(minute(1_020));
        assertThat(decide(day, rules, 959).dueAt()).contains(minute(960));
        assertThat(decide(day, rules, 960).findings())
                .extracting(Finding::since)
                .containsExactly(minute(960));
    }

    @Test
    void anEntryWithoutAReferenceWaitsForTheGraceOfItsAccount() {
        Case entry =
                Case.of(ItemKey.of(new Reference.Order("7"), Optional.empty()))
                        .books(
                                Books.of(EntryKind.RECEIPT, "e1")
                                        .under(new Reference.Order("7"))
                                        .at(minute(20))
                                        .amount(5));
        Verdict first = decide(entry, rules(), 1_000);
        for (Contribution one : first.contributions()) {
            entry = entry.decided(one.group(), new Allocation(one.amountMsat(), 0, true));
        }

        assertThat(decide(entry, rules("account." + Books.ACCOUNT + ".grace-node=2h"), 100).dueAt())
                .contains(minute(140));
    }

    @Test
    void matchingKeepsToItsBounds() {
        String group = MatchGroups.day(Direction.IN, DAY);
        List<Contribution> said = new ArrayList<>();
        said.add(said(group, "entry:erp/e1", "e1", 900));
        for (int i = 0; i < 5; i++) {
            said.add(said(group, "payment_hash:h" + i, "", 900));
        }

        assertThat(offered(said)).isEqualTo(5);
        assertThat(offered(said, "match-alternatives=3")).isEqualTo(3);
        assertThat(offered(said, "code.AMBIGUOUS_MATCH.match-alternatives=2")).isEqualTo(2);
        said.set(0, said(group, "entry:erp/e1", "e1", 1_800));
        assertThat(offered(said)).isEqualTo(10);
        assertThat(offered(said, "match-pool=2")).isEqualTo(1);
    }

    @Test
    void anOrderIsMatchedWithinItsWindowOnly() {
        String group = MatchGroups.key(Direction.IN, "order:7");
        List<Contribution> said =
                List.of(
                        said(group, "entry:erp/e1", "e1", 900),
                        new Contribution(
                                group,
                                ALICE.pubkey(),
                                "payment_hash:h",
                                minute(3_000),
                                "",
                                900,
                                minute(3_000),
                                Optional.empty(),
                                Optional.empty()));

        assertThat(moved(group, said)).isEqualTo(900);
        assertThat(moved(group, said, "match-key-window=1d")).isZero();
    }

    private static long moved(String group, List<Contribution> said, String... lines) {
        return GroupRules.decide(group, said, Coverage.least(List.of()), rules(lines), minute(END))
                .allocations()
                .getFirst()
                .orElseThrow()
                .residueMsat();
    }

    private static int offered(List<Contribution> said, String... lines) {
        return Offer.parse(
                        MatchGroups.decideDay(said, rules(lines))
                                .allocations()
                                .getFirst()
                                .orElseThrow()
                                .proposal()
                                .orElseThrow())
                .choices()
                .size();
    }

    private static Contribution said(String group, String reference, String entryId, long amount) {
        return new Contribution(
                group,
                ALICE.pubkey(),
                reference,
                minute(20),
                entryId,
                amount,
                minute(20),
                Optional.empty(),
                Optional.empty());
    }

    @Test
    void whatAGroupDecidesByIsNotToldApartByNodeOrAccount() {
        assertThatThrownBy(() -> rules("node." + ALICE + ".match-pool=3"))
                .isInstanceOf(RuleSetException.class)
                .hasMessageContaining("is not told apart by node or account");
        assertThatThrownBy(() -> rules("account.shop.rounding-bound=3"))
                .hasMessageContaining("is not told apart by node or account");
        assertThatThrownBy(() -> rules("match-key-window=0s"))
                .hasMessageContaining("a duration of at least 1s");
        assertThatThrownBy(() -> rules("match-pool=0"))
                .hasMessageContaining("a whole number from 1 to");
        assertThatThrownBy(() -> rules("rounding=receipt,hold"))
                .hasMessageContaining("on, off or some of");
    }

    @Test
    void textGivesBackKindsAndBounds() {
        RuleSet rules = rules("rounding=payment,receipt", "match-pool=7", "account.a.rounding=off");

        assertThat(RuleSet.parse(rules.text(), 1)).isEqualTo(rules);
        assertThat(rules.text())
                .contains("\nrounding=receipt,payment\n", "\nmatch-pool=7\n")
                .contains("account.a.rounding=off\n");
    }
}
