package tallystick.ledger.match;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.ledger.Samples.ALICE;
import static tallystick.ledger.Samples.BOB;
import static tallystick.ledger.match.Scene.alternative;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tallystick.ledger.match.Proposal.Standing;

class KeyMatchTest {
    private static final long DAY = 24 * 60;

    @Test
    void oneEntryOfOneOrderConfirmsItself() {
        var proposals =
                new Scene()
                        .booked("e1", 500, 10, "ord-1234")
                        .received(1, 500, 5, "Order ord-1234")
                        .received(2, 500, 5, "Order ord-1235")
                        .byKeys();

        assertThat(Scene.of(proposals, "e1").confirmsItself()).isTrue();
        assertThat(Scene.of(proposals, "e1").alternatives())
                .containsExactly(alternative(List.of("e1"), 1));
    }

    @Test
    void oneEntryMaySettleSeveralReceiptsOfItsOrder() {
        var proposals =
                new Scene()
                        .booked("e1", 700, 10, "ord-1234")
                        .received(1, 500, 5, "ord-1234")
                        .received(2, 200, 6, "ord-1234, rest")
                        .byKeys();

        assertThat(Scene.of(proposals, "e1").confirmsItself()).isTrue();
        assertThat(Scene.of(proposals, "e1").alternatives())
                .containsExactly(alternative(List.of("e1"), 1, 2));
    }

    @Test
    void severalEntriesMaySettleOneReceiptOfTheirOrders() {
        var proposals =
                new Scene()
                        .booked("e1", 500, 10, "ord-1234")
                        .booked("e2", 200, 10, "ord-1235")
                        .received(1, 700, 5, "ord-1234 and ord-1235")
                        .byKeys();

        assertThat(proposals.values()).hasSize(2).allMatch(Proposal::confirmsItself);
        assertThat(Scene.of(proposals, "e2").alternatives())
                .containsExactly(alternative(List.of("e1", "e2"), 1));
    }

    @Test
    void anOrderPaidTwiceAndBookedOnceIsAmbiguous() {
        var proposals =
                new Scene()
                        .booked("e1", 500, 10, "ord-1234")
                        .received(1, 500, 5, "ord-1234")
                        .received(2, 500, 6, "ord-1234")
                        .byKeys();

        assertThat(Scene.of(proposals, "e1").standing()).isEqualTo(Standing.ALTERNATIVES);
        assertThat(Scene.of(proposals, "e1").confirmsItself()).isFalse();
        assertThat(Scene.of(proposals, "e1").alternatives())
                .containsExactly(alternative(List.of("e1"), 1), alternative(List.of("e1"), 2));
    }

    @Test
    void anOrderPaidOnceAndBookedTwiceIsAmbiguous() {
        var proposals =
                new Scene()
                        .booked("e1", 500, 10, "ord-1234")
                        .booked("e2", 500, 11, "ord-1234")
                        .received(1, 500, 5, "ord-1234")
                        .byKeys();

        assertThat(Scene.of(proposals, "e1").standing()).isEqualTo(Standing.ALTERNATIVES);
        assertThat(Scene.of(proposals, "e1").rivals()).containsExactly("e2");
        assertThat(Scene.of(proposals, "e2").rivals()).containsExactly("e1");
    }

    @Test
    void allOfAnOrderIsAllOfItHoweverItIsCut() {
        var proposals =
                new Scene()
                        .booked("e1", 500, 10, "ord-1234")
                        .booked("e2", 500, 11, "ord-1234")
                        .received(1, 500, 5, "ord-1234")
                        .received(2, 300, 5, "ord-1234")
                        .received(3, 200, 5, "ord-1234")
                        .byKeys();

        assertThat(proposals.values()).hasSize(2).allMatch(Proposal::confirmsItself);
        assertThat(Scene.of(proposals, "e1").alternatives())
                .containsExactly(alternative(List.of("e1", "e2"), 1, 2, 3));
    }

    @Test
    void twoOrdersWithEachOthersAmountsAreNotOne() {
        var proposals =
                new Scene()
                        .booked("e1", 500, 10, "ord-1234")
                        .booked("e2", 300, 11, "ord-1235")
                        .received(1, 300, 5, "ord-1234")
                        .received(2, 500, 5, "ord-1235")
                        .byKeys();

        assertThat(proposals).isEmpty();
    }

    @Test
    void anotherAmountIsNoMatch() {
        assertThat(
                        new Scene()
                                .booked("e1", 500, 10, "ord-1234")
                                .received(1, 501, 5, "ord-1234")
                                .byKeys())
                .isEmpty();
    }

    @Test
    void theNodeAndTheDirectionMustBeTheSame() {
        assertThat(
                        new Scene()
                                .booked(
                                        "e1",
                                        Direction.IN,
                                        Optional.of(BOB),
                                        500,
                                        10,
                                        "ord-1234",
                                        "")
                                .booked(
                                        "e2",
                                        Direction.OUT,
                                        Optional.of(ALICE),
                                        500,
                                        10,
                                        "ord-1234",
                                        "")
                                .received(ALICE, 1, 500, 5, "ord-1234")
                                .byKeys())
                .isEmpty();
    }

    @Test
    void anOrderOfLongAgoIsAnotherOne() {
        long month = 30 * DAY;
        assertThat(
                        new Scene()
                                .booked("e1", 5, month + 1, "ord-1234")
                                .received(1, 5, 0, "ord-1234")
                                .byKeys())
                .isEmpty();
        assertThat(
                        new Scene()
                                .booked("e1", 5, month, "ord-1234")
                                .received(1, 5, 0, "ord-1234")
                                .byKeys())
                .hasSize(1);
    }

    @Test
    void aHashIsTheSameHoweverLongAgo() {
        var proposals =
                new Scene()
                        .booked(
                                "e1",
                                Direction.IN,
                                Optional.empty(),
                                5,
                                90 * DAY,
                                "",
                                Scene.hash(1))
                        .received(1, 5, 0, "")
                        .byKeys();

        assertThat(Scene.of(proposals, "e1").confirmsItself()).isTrue();
    }

    @Test
    void aPaymentIsBookedWithItsFeeOrWithout() {
        Scene scene =
                new Scene()
                        .booked("e1", Direction.OUT, Optional.empty(), 500, 10, "", Scene.hash(1))
                        .booked("e2", Direction.OUT, Optional.empty(), 303, 10, Scene.hash(2), "")
                        .paid(1, 500, 7, 5)
                        .paid(2, 300, 3, 5);

        var proposals = scene.byKeys();

        assertThat(proposals.values()).hasSize(2).allMatch(Proposal::confirmsItself);
        assertThat(Scene.of(proposals, "e1").alternatives().getFirst().withFees()).isFalse();
        assertThat(Scene.of(proposals, "e2").alternatives().getFirst().withFees()).isTrue();
    }

    @Test
    void whereNotAllWasLookedAtNothingConfirmsItself() {
        Scene scene =
                new Scene().booked("e1", 500, 10, "ord-1234").booked("e2", 70, 10, "ord-1234");
        scene.received(1, 500, 5, "ord-1234");
        for (int i = 0; i < 20; i++) {
            scene.received(10 + i, 1 + i, 6, "ord-1234");
        }
        MatchRules wide =
                new MatchRules(Duration.ofDays(30), Duration.ofDays(2), 4, 64, 1_000, 100_000);
        MatchRules narrow = new MatchRules(Duration.ofDays(30), Duration.ofDays(2), 4, 64, 12, 10);

        assertThat(Scene.of(scene.with(wide).byKeys(), "e1").standing()).isEqualTo(Standing.UNIQUE);
        assertThat(scene.with(narrow).byKeys().values())
                .isNotEmpty()
                .allMatch(proposal -> proposal.standing() == Standing.BUDGET_SPENT);
    }

    @Test
    void nothingIsProposedForNothing() {
        assertThat(new Scene().booked("e1", 500, 10, "ord-1234").byKeys()).isEmpty();
        assertThat(new Scene().received(1, 500, 10, "ord-1234").byKeys()).isEmpty();
    }
}
