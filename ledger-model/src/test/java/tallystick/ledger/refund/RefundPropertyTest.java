package tallystick.ledger.refund;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tallystick.ledger.item.Payment;
import tallystick.ledger.refund.Refund.Verdict;

/// Whatever becomes of a payment's HTLCs, and however late we read of it: while one of them can still be claimed, a refund is
/// never called safe. Each run takes the fixed seeds and some fresh ones, or the one that `-Dseed` names.
class RefundPropertyTest {
    private static final int FIXED_SEEDS = 20;
    private static final int FRESH_SEEDS = 10;
    private static final int LIVES_PER_SEED = 100;
    private static final int STEPS = 60;
    private static final int PEACEFUL_STEPS_MAX = 500;

    static List<Named<Long>> seeds() {
        String given = System.getProperty("seed", "");
        LongStream seeds =
                given.isEmpty()
                        ? LongStream.concat(
                                LongStream.range(0, FIXED_SEEDS),
                                new SplittableRandom().longs(FRESH_SEEDS))
                        : LongStream.of(Long.parseLong(given));
        return seeds.mapToObj(seed -> Named.of("seed " + seed, seed)).toList();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void neverSaysYesWhileThePayeeCanClaim(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int safe = 0;
        for (int i = 0; i < LIVES_PER_SEED; i++) {
            safe += live(random, seed) ? 1 : 0;
        }
        // A rule that always says no would be safe, too.
        assertThat(safe).as(again(seed)).isGreaterThan(LIVES_PER_SEED / 20);
    }

    /// Lives one life, and returns whether a refund was safe in the end.
    private static boolean live(SplittableRandom random, long seed) {
        HtlcLives lives = new HtlcLives(random);
        Payment payment = lives.payment();
        NodeChain chain = lives.chain();
        for (int step = 0; step < STEPS; step++) {
            lives.step(false);
            // Either half is read when it is read.
            payment = random.nextInt(3) == 0 ? lives.payment() : payment;
            chain = random.nextInt(3) == 0 ? lives.chain() : chain;
            requireHonest(lives, Refund.of(payment, chain), seed);
            requireHonest(lives, Refund.of(lives.paymentWithoutFailures(), chain), seed);
        }
        for (int step = 0; step < PEACEFUL_STEPS_MAX; step++) {
            lives.step(true);
            requireHonest(lives, Refund.of(lives.payment(), lives.chain()), seed);
            if (lives.isOver() && !lives.isClaimable()) {
                break;
            }
        }
        for (int step = 0; step < 2 * HtlcFate.BURIED_BLOCKS; step++) {
            lives.step(true);
        }
        Verdict verdict = Refund.of(lives.payment(), lives.chain()).verdict();
        if (lives.isClaimable()) {
            assertThat(verdict).as(again(seed)).isEqualTo(Verdict.PAID);
        } else if (!lives.isConfusing()) {
            assertThat(verdict).as(again(seed)).isEqualTo(Verdict.SAFE);
        }
        return verdict == Verdict.SAFE;
    }

    private static void requireHonest(HtlcLives lives, Refund refund, long seed) {
        if (refund.verdict() == Verdict.SAFE) {
            assertThat(lives.isClaimable()).as("claimable; " + again(seed)).isFalse();
        }
    }

    private static String again(long seed) {
        return "mvn test -pl ledger-model -Dtest=RefundPropertyTest -Dseed=" + seed;
    }
}
