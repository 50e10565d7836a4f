package tallystick.ledger.mismatch;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.ledger.Samples.ALICE;
import static tallystick.ledger.Samples.minute;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.match.Direction;
import tallystick.ledger.match.Offer;
import tallystick.ledger.match.Proposal.Standing;
import tallystick.ledger.mismatch.Verdict.Contribution;

class MatchGroupsTest {
    private static final String A = MatchGroups.key(Direction.IN, "text:a");
    private static final String B = MatchGroups.key(Direction.IN, "text:b");
    private static final String OUT = MatchGroups.key(Direction.OUT, "hash:h");

    @Test
    void theEntryTakesOverTheResidueOfItsReceipt() {
        GroupVerdict verdict =
                of(decide(Map.of(A, List.of(entry(A, "e1", 500), settled(A, "h1", 500, 0)))), A);

        assertThat(allocations(verdict))
                .containsExactly(new Allocation(500, 500, false), new Allocation(500, -500, false));
    }

    @Test
    void ofAPaymentItIsTheOtherWayRound() {
        GroupVerdict verdict =
                of(
                        decide(
                                Map.of(
                                        OUT,
                                        List.of(
                                                entry(OUT, "e1", 507),
                                                settled(OUT, "h1", 500, 7)))),
                        OUT);

        assertThat(allocations(verdict))
                .containsExactly(new Allocation(507, -507, false), new Allocation(500, 507, false));
    }

    @Test
    void linkedGroupsAreDecidedTogetherAndEachSumsToZero() {
        SortedMap<String, GroupVerdict> verdicts =
                decide(
                        Map.of(
                                A,
                                List.of(entry(A, "e1", 300), settled(A, "h1", 500, 0)),
                                B,
                                List.of(entry(B, "e2", 200), settled(B, "h1", 500, 0))));

        assertThat(allocations(of(verdicts, A)))
                .containsExactly(new Allocation(300, 300, false), new Allocation(500, -300, false));
        assertThat(allocations(of(verdicts, B)))
                .containsExactly(new Allocation(200, 200, false), new Allocation(500, -200, false));
    }

    @Test
    void withoutAnEntryNothingIsDecided() {
        GroupVerdict verdict = of(decide(Map.of(A, List.of(settled(A, "h1", 500, 0)))), A);

        assertThat(verdict.allocations()).containsExactly(Optional.empty());
    }

    @Test
    void whatIsAmbiguousIsToldToTheEntryOnly() {
        GroupVerdict verdict =
                of(
                        decide(
                                Map.of(
                                        A,
                                        List.of(
                                                entry(A, "e1", 500),
                                                settled(A, "h1", 500, 0),
                                                settled(A, "h2", 500, 0)))),
                        A);

        Allocation toEntry = allocations(verdict).getFirst();
        assertThat(toEntry.residueMsat()).isZero();
        assertThat(toEntry.isOpen()).isTrue();
        Offer offer = Offer.parse(toEntry.proposal().orElseThrow());
        assertThat(offer.standing()).isEqualTo(Standing.ALTERNATIVES);
        assertThat(offer.choices())
                .extracting(choice -> choice.settled().getFirst().reference())
                .containsExactly("payment_hash:h1", "payment_hash:h2");
        assertThat(Offer.parse(offer.text())).isEqualTo(offer);
        assertThat(allocations(verdict).subList(1, 3)).containsOnly(new Allocation(500, 0, true));
    }

    @Test
    void aTextThatManyShareNamesNothing() {
        List<Contribution> said = new ArrayList<>(List.of(entry(A, "e1", 7)));
        for (int i = 0; i < MatchGroups.KEY_ROWS_MAX; i++) {
            said.add(settled(A, "h" + i, i == 0 ? 7 : 1_000 + i, 0));
        }

        assertThat(allocations(of(decide(Map.of(A, said)), A)))
                .allMatch(one -> one.residueMsat() == 0 && one.isOpen());
        said.removeLast();
        assertThat(allocations(of(decide(Map.of(A, said)), A)).getFirst().residueMsat())
                .isEqualTo(7);
    }

    @Test
    void aDayTooFullIsNotLookedThrough() {
        String day =
                MatchGroups.day(
                        Direction.IN, minute(0).atOffset(java.time.ZoneOffset.UTC).toLocalDate());
        List<Contribution> said = new ArrayList<>(List.of(entry(day, "e1", 7)));
        for (int i = 0; i < MatchGroups.DAY_ROWS_MAX; i++) {
            said.add(settled(day, "h" + i, 7, 0));
        }

        Offer full = offer(MatchGroups.decideDay(said, RuleSet.defaults()));
        assertThat(full.standing()).isEqualTo(Standing.BUDGET_SPENT);
        assertThat(full.choices()).isEmpty();
        said.removeLast();
        assertThat(offer(MatchGroups.decideDay(said, RuleSet.defaults())).choices()).hasSize(12);
        assertThat(
                        MatchGroups.decideDay(said, RuleSet.defaults())
                                .allocations()
                                .subList(1, said.size()))
                .containsOnly(Optional.empty());
    }

    private static GroupVerdict of(SortedMap<String, GroupVerdict> verdicts, String group) {
        return Objects.requireNonNull(verdicts.get(group), group);
    }

    private static Offer offer(GroupVerdict verdict) {
        return Offer.parse(verdict.allocations().getFirst().orElseThrow().proposal().orElseThrow());
    }

    private static SortedMap<String, GroupVerdict> decide(Map<String, List<Contribution>> groups) {
        return MatchGroups.decideKeys(new TreeMap<>(groups), RuleSet.defaults());
    }

    private static List<Allocation> allocations(GroupVerdict verdict) {
        return verdict.allocations().stream().flatMap(Optional::stream).toList();
    }

    private static Contribution entry(String group, String id, long msat) {
        return new Contribution(
                group,
                "",
                "entry:erp/" + id,
                minute(10),
                id,
                msat,
                minute(10),
                Optional.empty(),
                Optional.empty());
    }

    private static Contribution settled(String group, String hash, long msat, long fee) {
        return new Contribution(
                group,
                ALICE.pubkey(),
                "payment_hash:" + hash,
                minute(5),
                "",
                msat,
                minute(5),
                Optional.empty(),
                Optional.empty(),
                fee);
    }
}
