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
import tallystick.ledger.decision.Signing.Signature;

class SigningTest {
    private static final LocalDate DAY = LocalDate.parse("2026-11-22");
    private static final String FIRST = "aa".repeat(32);
    private static final String SECOND = "bb".repeat(32);

    @Test
    void theFirstPreparesAndAnotherPersonReviews() {
        List<Signing> signings =
                Signing.of(
                        DAY,
                        List.of(
                                signature("s1", "ann", 1, FIRST),
                                signature("s2", "ann", 2, FIRST),
                                signature("s3", "bob", 3, FIRST),
                                signature("s4", "eve", 4, FIRST)));

        assertThat(signings).hasSize(1);
        assertThat(signings.getFirst().prepared().id()).isEqualTo("s1");
        assertThat(signings.getFirst().reviewed()).map(Signature::id).contains("s3");
        assertThat(Signing.closedAt(signings)).contains(minute(3));
    }

    @Test
    void theLocalOperatorPreparesAndNeverReviews() {
        assertThat(
                        closedAt(
                                signature("s1", "ann", 1, FIRST),
                                signature("s2", Decision.LOCAL_OPERATOR, 2, FIRST)))
                .isEmpty();
        assertThat(
                        closedAt(
                                signature("s1", Decision.LOCAL_OPERATOR, 1, FIRST),
                                signature("s2", "ann", 2, FIRST)))
                .contains(minute(2));
    }

    @Test
    void eachReportIsSignedForItselfAndTheLastCloses() {
        assertThat(
                        closedAt(
                                signature("s1", "ann", 1, FIRST),
                                signature("s2", "bob", 2, SECOND),
                                signature("s3", "bob", 3, FIRST),
                                signature("s4", "ann", 4, SECOND)))
                .contains(minute(4));
    }

    @Test
    void theOrderInWhichTheyComeDoesNotMatter() {
        List<Signature> all =
                new ArrayList<>(
                        List.of(
                                signature("s1", "ann", 1, FIRST),
                                signature("s2", "bob", 2, FIRST),
                                signature("s3", "eve", 2, FIRST),
                                signature("s4", "bob", 3, SECOND),
                                signature("s5", "ann", 4, SECOND)));
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

    private static Signature signature(String id, String person, int minute, String report) {
        return new Signature(id, person, minute(minute), "", report);
    }
}
