package tallystick.ledger.mismatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tallystick.ledger.Samples.ALICE;
import static tallystick.ledger.Samples.minute;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tallystick.ledger.Books;
import tallystick.ledger.Samples;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.mismatch.Verdict.Contribution;

class GroupRulesTest {
    private static final RuleSet RULES = RuleSet.defaults();
    private static final String ORDER = "order/" + ALICE + "/receipt/o1";
    private static final String DAY = "rounding/2026-11-22";

    @Test
    void namesEachPaymentOfAnOrderButTheOneBookedFirst() {
        Contribution first = paid("payment_hash:aa", 10, "e1", 100);
        Contribution second = paid("payment_hash:bb", 11, "e2", 200);
        Contribution third = paid("payment_hash:cc", 12, "e3", 300);

        List<Finding> findings = findings(ORDER, List.of(third, first, second));

        assertThat(findings)
                .extracting(Finding::reference)
                .containsExactly("payment_hash:bb", "payment_hash:cc");
        assertThat(findings)
                .extracting(finding -> finding.amount().value())
                .containsExactly(200L, 300L);
        assertThat(findings)
                .extracting(Finding::code)
                .containsOnly(Code.DUPLICATE_PAYMENT_SAME_ORDER);
        assertThat(findings.getFirst().since()).isEqualTo(minute(11));
        assertThat(findings.getFirst().node()).contains(ALICE);
    }

    @Test
    void theEntryNumberDecidesBetweenEntriesOfOneMoment() {
        Contribution a = paid("payment_hash:aa", 10, "e2", 100);
        Contribution b = paid("payment_hash:bb", 10, "e1", 200);

        assertThat(findings(ORDER, List.of(a, b)))
                .extracting(Finding::reference)
                .containsExactly("payment_hash:aa");
        assertThat(findings(ORDER, List.of(b, a))).isEqualTo(findings(ORDER, List.of(a, b)));
    }

    @Test
    void anOrderPaidOnceIsNoMismatch() {
        assertThat(findings(ORDER, List.of(paid("payment_hash:aa", 1, "e", 1)))).isEmpty();
        assertThat(findings(ORDER, List.of())).isEmpty();
    }

    @Test
    void thePartsOfOneEntryAreOnePayment() {
        Contribution part = paid("payment_hash:aa", 10, "entry:erp/e1", 100);
        Contribution other = paid("payment_hash:bb", 10, "entry:erp/e1", 200);
        Contribution later = paid("payment_hash:cc", 11, "entry:erp/e2", 300);
        Contribution itsPart = paid("payment_hash:dd", 11, "entry:erp/e2", 400);

        assertThat(findings(ORDER, List.of(other, part))).isEmpty();
        assertThat(findings(ORDER, List.of(itsPart, later, other, part)))
                .extracting(Finding::reference)
                .containsExactly("payment_hash:cc", "payment_hash:dd");
    }

    @Test
    void aDayMayRoundUpToItsBound() {
        Contribution most = paid("payment_hash:aa", 10, "e1", 99_999);
        Contribution last = paid("payment_hash:bb", 11, "e2", 1);
        Contribution over = paid("payment_hash:cc", 12, "e3", 1);

        assertThat(findings(DAY, List.of(most, last))).isEmpty();
        Finding finding = findings(DAY, List.of(over, most, last)).getFirst();
        assertThat(finding.code()).isEqualTo(Code.ROUNDING_BOUND);
        assertThat(finding.amount().value()).isEqualTo(100_001);
        assertThat(finding.since()).isEqualTo(minute(12));
        assertThat(finding.reference()).isEqualTo("rounding:2026-11-22");
        assertThat(finding.node()).isEmpty();
    }

    @Test
    void whatIsDatedLaterCountsThen() {
        List<Contribution> booked =
                List.of(
                        paid("payment_hash:aa", 10, "e1", 60_000),
                        paid("payment_hash:bb", 20, "e2", 60_000),
                        paid("payment_hash:cc", 30, "e3", 60_000));

        for (String group : List.of(ORDER, DAY)) {
            GroupVerdict early = at(group, booked, 19);
            assertThat(early.findings()).isEmpty();
            assertThat(early.dueAt()).contains(minute(20));
            GroupVerdict then = at(group, booked, 20);
            assertThat(then.findings()).hasSize(1);
            assertThat(then.findings().getFirst().since()).isEqualTo(minute(20));
            assertThat(then.dueAt()).contains(minute(30));
            assertThat(at(group, booked, 30).dueAt()).isEmpty();
        }
    }

    @Test
    void anUnknownGroupIsOurOwnMistake() {
        assertThatThrownBy(() -> findings("week/1", List.of()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("group: week/1 (expected: order/..., rounding/... or forwards/...)");
    }

    @Test
    void itemsContributeToTheOrdersTheyAreBookedFor() {
        Verdict verdict =
                Case.of()
                        .node(ALICE, Samples.settled(500, minute(10)))
                        .books(Books.of(EntryKind.RECEIPT, "e1").forOrder("o1").amount(500))
                        .atTheEnd();

        assertThat(verdict.contributions()).hasSize(1);
        Contribution contribution = verdict.contributions().getFirst();
        assertThat(contribution.group()).isEqualTo(ORDER);
        assertThat(contribution.entryId()).isEqualTo("entry:erp/e1");
        assertThat(contribution.amountMsat()).isEqualTo(500);
        assertThat(contribution.knownAt()).isEqualTo(minute(10));
        assertThat(contribution.bookedAt()).isEqualTo(minute(1));
    }

    @Test
    void whatIsNotSettledContributesToNoOrder() {
        Verdict verdict =
                Case.of()
                        .books(Books.of(EntryKind.RECEIPT, "e1").forOrder("o1").amount(500))
                        .atTheEnd();

        assertThat(verdict.contributions()).isEmpty();
    }

    private static List<Finding> findings(String group, List<Contribution> contributions) {
        return at(group, contributions, 1_000).findings();
    }

    private static GroupVerdict at(String group, List<Contribution> contributions, long minute) {
        return GroupRules.decide(
                group, contributions, Coverage.least(List.of()), RULES, minute(minute));
    }

    private static Contribution paid(String reference, long minute, String entryId, long amount) {
        return new Contribution(
                ORDER,
                ALICE.pubkey(),
                reference,
                minute(minute),
                entryId,
                amount,
                minute(minute),
                Optional.of("o1"),
                Optional.of(Books.ACCOUNT));
    }
}
