package tallystick.ledger.decision;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.ledger.Samples.minute;

import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tallystick.ledger.decision.Decision.Kind;
import tallystick.ledger.decision.Signing.Signature;

class SigningTest {
    private static final LocalDate DAY = LocalDate.parse("2026-11-22");
    private static final String FIRST = "aa".repeat(32);
    private static final String SECOND = "bb".repeat(32);

    @Test
    void aSignatureAndTheCountersignatureOfAnotherPersonCloseTheDay() {
        List<Signing> signings =
                Signing.of(
                        DAY,
                        List.of(
                                prepared("s1", "ann", 1, FIRST),
                                countersigned("s2", "ann", 2, FIRST),
                                prepared("s3", "ann", 3, FIRST),
                                countersigned("s4", "bob", 4, FIRST),
                                countersigned("s5", "eve", 5, FIRST)));

        assertThat(signings).hasSize(1);
        assertThat(signings.getFirst().prepared()).extracting(Signature::id).containsExactly("s1");
        assertThat(signings.getFirst().reviewed())
                .extracting(Signature::id)
                .containsExactly("s4", "s5");
        assertThat(Signing.closedAt(signings)).contains(minute(4));
    }

    @Test
    void whicheverComesFirstTheLaterOneCloses() {
        assertThat(closedAt(countersigned("s1", "bob", 1, FIRST), prepared("s2", "ann", 2, FIRST)))
                .contains(minute(2));
        assertThat(closedAt(prepared("s1", "ann", 1, FIRST), countersigned("s2", "bob", 1, FIRST)))
                .contains(minute(1));
    }

    @Test
    void aCountersignatureAloneIsNoSigning() {
        assertThat(Signing.of(DAY, List.of(countersigned("s1", "bob", 1, FIRST)))).isEmpty();
        assertThat(closedAt(countersigned("s1", "bob", 1, FIRST), prepared("s2", "bob", 2, FIRST)))
                .isEmpty();
        assertThat(closedAt(countersigned("s1", "bob", 1, FIRST), prepared("s2", "ann", 2, SECOND)))
                .isEmpty();
    }

    @Test
    void twoWhoSignedAtOnceWaitForACountersignature() {
        Signature ann = prepared("s1", "ann", 1, FIRST);
        Signature bob = prepared("s2", "bob", 1, FIRST);
        Signing open = Signing.of(DAY, List.of(ann, bob)).getFirst();

        assertThat(open.prepared()).containsExactly(ann, bob);
        assertThat(open.isClosed()).isFalse();
        assertThat(open.preparers()).isEqualTo("ann and bob");
        assertThat(open.isReviewer("ann")).as("of what bob prepared").isTrue();
        assertThat(open.isReviewer("eve")).isTrue();
        assertThat(open.isReviewer(Decision.LOCAL_OPERATOR)).isFalse();
        assertThat(closedAt(ann, bob, countersigned("s3", "ann", 4, FIRST))).contains(minute(4));
    }

    @Test
    void ofTheFirstProgramsSignaturesTheFirstPreparesAndAnotherPersonReviews() {
        List<Signing> signings =
                Signing.of(
                        DAY,
                        List.of(
                                signed("s1", "ann", 1, FIRST),
                                signed("s2", "ann", 2, FIRST),
                                signed("s3", "bob", 3, FIRST),
                                signed("s4", "eve", 4, FIRST)));

        assertThat(signings).hasSize(1);
        assertThat(signings.getFirst().prepared()).extracting(Signature::id).containsExactly("s1");
        assertThat(signings.getFirst().reviewed().getFirst().id()).isEqualTo("s3");
        assertThat(Signing.closedAt(signings)).contains(minute(3));
        assertThat(
                        closedAt(
                                signed("s1", "ann", 1, FIRST),
                                signed("s2", Decision.LOCAL_OPERATOR, 2, FIRST)))
                .isEmpty();
        assertThat(
                        closedAt(
                                signed("s1", Decision.LOCAL_OPERATOR, 1, FIRST),
                                signed("s2", "ann", 2, FIRST)))
                .contains(minute(2));
    }

    @Test
    void programsOfBothKindsSignTogether() {
        assertThat(closedAt(signed("s1", "ann", 1, FIRST), countersigned("s2", "bob", 2, FIRST)))
                .contains(minute(2));
        assertThat(closedAt(prepared("s1", "ann", 1, FIRST), signed("s2", "bob", 2, FIRST)))
                .as("the second of two that are known")
                .contains(minute(2));
        assertThat(closedAt(signed("s1", "bob", 1, FIRST), prepared("s2", "ann", 2, FIRST)))
                .isEmpty();
    }

    @Test
    void eachReportIsSignedForItselfAndTheLastCloses() {
        assertThat(
                        closedAt(
                                prepared("s1", "ann", 1, FIRST),
                                prepared("s2", "bob", 2, SECOND),
                                countersigned("s3", "bob", 3, FIRST),
                                countersigned("s4", "ann", 4, SECOND)))
                .contains(minute(4));
    }

    @Test
    void theOrderInWhichTheyComeDoesNotMatter() {
        List<Signature> all =
                new ArrayList<>(
                        List.of(
                                signed("s1", "ann", 1, FIRST),
                                prepared("s2", "bob", 2, FIRST),
                                signed("s3", "eve", 2, FIRST),
                                countersigned("s4", "ann", 3, FIRST),
                                countersigned("s5", "bob", 3, SECOND),
                                prepared("s6", "ann", 4, SECOND)));
        List<Signing> expected = Signing.of(DAY, all);
        Random random = new Random(1);
        for (int i = 0; i < 100; i++) {
            Collections.shuffle(all, random);
            assertThat(Signing.of(DAY, all)).isEqualTo(expected);
        }
    }

    @Test
    void readsTheDayOfAReference() {
        assertThat(Signing.day(Signing.reference(DAY))).isEqualTo(DAY);
        assertThat(Signing.day("report:2026-11-22/shop/e/1")).isEqualTo(DAY);
        assertThat(Signing.subject(DAY))
                .matches("[0-9a-f]{64}")
                .isNotEqualTo(Signing.subject(DAY.plusDays(1)));
    }

    private static Optional<Instant> closedAt(Signature... signatures) {
        return Signing.closedAt(Signing.of(DAY, List.of(signatures)));
    }

    private static Signature prepared(String id, String person, int minute, String report) {
        return new Signature(id, Kind.PREPARE, person, minute(minute), "", report);
    }

    private static Signature countersigned(String id, String person, int minute, String report) {
        return new Signature(id, Kind.COUNTERSIGN, person, minute(minute), "", report);
    }

    private static Signature signed(String id, String person, int minute, String report) {
        return new Signature(id, Kind.SIGN, person, minute(minute), "", report);
    }
}
