package tallystick.ledger.mismatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Samples;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.match.MatchRules;

class RuleSetTest {
    private static final NodeId ALICE = Samples.ALICE;
    private static final NodeId BOB = Samples.BOB;
    private static final Optional<String> SHOP = Optional.of("shop");
    private static final Instant START = Samples.minute(0);

    @Test
    void defaultsAreTheTable() {
        RuleSettings settings = RuleSet.defaults().of(Code.SETTLED_NOT_BOOKED, ALICE);

        assertThat(settings).isEqualTo(RuleSettings.defaults());
        assertThat(settings.graceBooks()).isEqualTo(Duration.ofMinutes(5));
        assertThat(settings.graceNode()).isEqualTo(Duration.ofMinutes(5));
        assertThat(settings.stuckAfter()).isEqualTo(Duration.ofHours(1));
        assertThat(settings.emptyAfter()).isEqualTo(Duration.ofMinutes(10));
        assertThat(settings.holdAfter()).isEqualTo(Duration.ofHours(24));
        assertThat(settings.holdBlocks()).isEqualTo(18);
        assertThat(settings.silentAfter()).isEqualTo(Duration.ofMinutes(10));
        assertThat(settings.approvalAfter()).isEqualTo(Duration.ofHours(24));
        assertThat(settings.tolerance()).isEqualTo(Msat.ZERO);
        assertThat(settings.isRounding(EntryKind.RECEIPT)).isTrue();
        assertThat(settings.matching()).isEqualTo(MatchRules.defaults());
        assertThat(settings.roundingBound()).isEqualTo(Msat.of(100_000));
        assertThat(settings.severity()).isEmpty();
        assertThat(settings.valueBands()).containsExactly(Msat.of(1_000_000), Msat.of(100_000_000));
        assertThat(settings.ageBands())
                .containsExactly(Duration.ofDays(1), Duration.ofDays(3), Duration.ofDays(7));
    }

    @Test
    void mostSpecificWins() {
        RuleSet rules =
                rules(
                        "grace-books",
                        "1m",
                        "code.OVERPAID.grace-books",
                        "2m",
                        "node." + ALICE + ".grace-books",
                        "3m",
                        "code.OVERPAID.node." + ALICE + ".grace-books",
                        "4m",
                        "account.shop.grace-books",
                        "6m",
                        "code.OVERPAID.account.shop.grace-books",
                        "7m",
                        "node." + ALICE + ".account.shop.grace-books",
                        "8m");

        assertThat(grace(rules, Code.UNDERPAID, BOB, Optional.empty())).isEqualTo(1);
        assertThat(grace(rules, Code.OVERPAID, BOB, Optional.empty())).isEqualTo(2);
        assertThat(grace(rules, Code.UNDERPAID, ALICE, Optional.empty())).isEqualTo(3);
        assertThat(grace(rules, Code.OVERPAID, ALICE, Optional.empty())).isEqualTo(4);
        assertThat(grace(rules, Code.UNDERPAID, BOB, SHOP)).isEqualTo(6);
        assertThat(grace(rules, Code.OVERPAID, BOB, SHOP)).isEqualTo(7);
        assertThat(grace(rules, Code.OVERPAID, ALICE, SHOP)).isEqualTo(8);
        assertThat(grace(rules, Code.OVERPAID, ALICE, Optional.of("other"))).isEqualTo(4);
    }

    @Test
    void settingsAreTakenEachForItself() {
        RuleSet rules = rules("code.OVERPAID.tolerance", "7", "account.shop.rounding", "off");

        RuleSettings settings = rules.of(Code.OVERPAID, Optional.of(ALICE), SHOP);

        assertThat(settings.tolerance()).isEqualTo(Msat.of(7));
        assertThat(settings.isRounding(EntryKind.RECEIPT)).isFalse();
        assertThat(settings.graceBooks()).isEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void graceOfACodeAtANodeDecides() {
        RuleSet rules = rules("code.SETTLED_NOT_BOOKED.node." + ALICE + ".grace-books", "20m");
        Case settled = Case.of().node(ALICE, Samples.settled(5_000, Samples.minute(10)));
        Coverage unread = new Coverage(new java.util.TreeMap<>());

        Verdict verdict = Decider.decide(settled.item(), unread, rules, Samples.minute(29));

        assertThat(verdict.findings()).isEmpty();
        assertThat(verdict.dueAt()).contains(Samples.minute(30));
    }

    @Test
    void allErrorsAreToldAtOnce() {
        RuleSetException e =
                catchThrowableOfType(
                        RuleSetException.class,
                        () ->
                                rules(
                                        "grace-boks", "5m",
                                        "code.OVERPAYD.tolerance", "1",
                                        "node.alice.tolerance", "1",
                                        "tolerance", "-1",
                                        "age-bands", "3d,1d",
                                        "account..tolerance", "1",
                                        "severity", "awful"));

        assertThat(e.errors())
                .containsExactlyInAnyOrder(
                        "grace-boks: grace-boks is not known (expected: did you mean grace-books?)",
                        "code.OVERPAYD.tolerance: OVERPAYD is not known (expected: did you mean OVERPAID?)",
                        "node.alice.tolerance: alice is no node (expected: a public key, 66 hex digits)",
                        "tolerance: -1 (expected: a whole number from 0 to 2100000000000000000)",
                        "age-bands: 3d,1d (expected: durations that grow, with commas between, or none)",
                        "account..tolerance: no rule (expected: [code.CODE.][node.PUBKEY.][account.NAME.]SETTING)",
                        "severity: awful (expected: table, low, medium, high or critical)");
    }

    @Test
    void textGivesItBack() {
        RuleSet rules =
                rules(
                        "grace-books", "90s",
                        "hold-after", "48h",
                        "age-bands", "none",
                        "account.a=b.c:d.value-bands", "5,10",
                        "code.UNIT_ERROR.severity", "low",
                        "time-zone", "Europe/Berlin");

        RuleSet again = RuleSet.parse(rules.text(), 7);

        assertThat(again.text()).isEqualTo(rules.text());
        assertThat(again.version()).isEqualTo(7);
        assertThat(again.zone()).isEqualTo(ZoneId.of("Europe/Berlin"));
        assertThat(again.of(Code.OVERPAID, Optional.empty(), Optional.of("a=b.c:d")).valueBands())
                .containsExactly(Msat.of(5), Msat.of(10));
        assertThat(rules.text()).contains("hold-after=2d\n", "grace-books=90s\n");
    }

    @Test
    void anotherWayToWriteItIsTheSameText() {
        assertThat(rules("grace-books", "300s", "age-bands", "24h, 3d , 7d").text())
                .isEqualTo(RuleSet.defaults().text());
    }

    @Test
    void valueAndAgeRaiseTheSeverity() {
        RuleSet rules = RuleSet.defaults();

        assertThat(rules.severity(finding(Code.OVERPAID, 999_999), START)).isEqualTo(Severity.LOW);
        assertThat(rules.severity(finding(Code.OVERPAID, 1_000_000), START))
                .isEqualTo(Severity.MEDIUM);
        assertThat(rules.severity(finding(Code.OVERPAID, 100_000_000), START))
                .isEqualTo(Severity.HIGH);
        assertThat(rules.severity(finding(Code.OVERPAID, 1), START.plus(Duration.ofDays(3))))
                .isEqualTo(Severity.HIGH);
        assertThat(rules.severity(finding(Code.OVERPAID, 1), START.plus(Duration.ofDays(70))))
                .isEqualTo(Severity.CRITICAL);
        assertThat(
                        rules.severity(
                                finding(Code.UNIT_ERROR, 100_000_000),
                                START.plus(Duration.ofDays(70))))
                .isEqualTo(Severity.CRITICAL);
        assertThat(
                        rules.severity(
                                finding(Code.EXPECTED_NOT_ARRIVED, 100_000_000),
                                START.plus(Duration.ofDays(70))))
                .isEqualTo(Severity.INFORMATION);
        assertThat(
                        rules("code.UNIT_ERROR.severity", "low")
                                .severity(finding(Code.UNIT_ERROR, 1), START))
                .isEqualTo(Severity.LOW);
    }

    @Test
    void tellsWhenAgeRaisesItNext() {
        RuleSet rules = RuleSet.defaults();
        Finding low = finding(Code.OVERPAID, 1);

        assertThat(rules.raisedAt(low, START)).contains(START.plus(Duration.ofDays(1)));
        assertThat(rules.raisedAt(low, START.plus(Duration.ofDays(1))))
                .contains(START.plus(Duration.ofDays(3)));
        assertThat(rules.raisedAt(low, START.plus(Duration.ofDays(7)))).isEmpty();
        assertThat(rules.raisedAt(finding(Code.UNIT_ERROR, 1), START)).isEmpty();
        assertThat(rules.withoutBands().raisedAt(low, START)).isEmpty();
    }

    @Test
    void withoutBandsSeverityIsTheTables() {
        RuleSet rules = rules("account.shop.age-bands", "1s").withoutBands();

        assertThat(rules.severity(finding(Code.OVERPAID, 1_000_000_000), Instant.MAX))
                .isEqualTo(Severity.LOW);
    }

    private static long grace(RuleSet rules, Code code, NodeId node, Optional<String> account) {
        return rules.of(code, Optional.of(node), account).graceBooks().toMinutes();
    }

    private static RuleSet rules(String... keysAndValues) {
        Map<String, String> entries = new java.util.HashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            entries.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return RuleSet.parse(entries, ZoneOffset.UTC);
    }

    private static Finding finding(Code code, long amountMsat) {
        return new Finding(
                code,
                Optional.of(ALICE),
                "payment_hash:00",
                Msat.of(amountMsat),
                START,
                "",
                OptionalLong.empty(),
                OptionalLong.empty(),
                Optional.empty(),
                SHOP,
                List.of(),
                List.of());
    }
}
