package tallystick.ledger.proof;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import tallystick.ledger.proof.Fractions.Open;

class FractionsTest {
    private static final long CAPACITY = 1_000_000;
    private static final long KEPT_SAT = 1_503;

    /// A channel as lnd tells it, of which our exact share is known.
    private static ChannelFigures figures(int number, boolean weOpened, long localMsat) {
        long remoteMsat = CAPACITY * 1_000 - localMsat - KEPT_SAT * 1_000;
        return new ChannelFigures(
                "%064x:%d".formatted(7, number),
                CAPACITY,
                localMsat / 1_000,
                remoteMsat / 1_000,
                weOpened,
                true,
                1,
                0);
    }

    private static long claim(boolean weOpened, long localMsat) {
        return weOpened ? localMsat + KEPT_SAT * 1_000 : localMsat;
    }

    private static Open open(ChannelFigures figures) {
        return new Open(figures, figures.claim());
    }

    /// What the node would say of its exact shares, if these were the claims.
    private static long localMsat(List<Open> channels, Map<String, Long> claims) {
        List<ChannelProof> proofs =
                channels.stream()
                        .map(
                                one ->
                                        new ChannelProof(
                                                one.figures(),
                                                requireNonNull(
                                                        claims.get(one.figures().channelPoint())),
                                                OptionalLong.of(0),
                                                ""))
                        .toList();
        return LocalBalances.sum(proofs, 0);
    }

    @Test
    void theOnlyChannelIsToldExactly() {
        for (long share : new long[] {400_000_000, 400_000_001, 400_000_500, 400_000_999}) {
            for (boolean weOpened : new boolean[] {true, false}) {
                ChannelFigures one = figures(0, weOpened, share);

                assertThat(Fractions.claims(List.of(open(one)), share))
                        .contains(
                                new TreeMap<>(Map.of(one.channelPoint(), claim(weOpened, share))));
            }
        }
    }

    @Test
    void channelsWithoutFractionsStayWhole() {
        List<Open> whole =
                List.of(open(figures(0, true, 5_000_000)), open(figures(1, false, 6_000_000)));

        assertThat(Fractions.claims(whole, 11_000_000).orElseThrow().values())
                .containsExactly(claim(true, 5_000_000), 6_000_000L);
    }

    @Test
    void aSumThatCannotBeIsRefused() {
        List<Open> one = List.of(open(figures(0, false, 5_000_000)));

        assertThat(Fractions.claims(one, 5_001_000)).isEmpty();
        assertThat(Fractions.claims(one, 4_999_999)).isEmpty();
        assertThat(Fractions.claims(List.of(), 0)).contains(new TreeMap<>());
    }

    /// However shares lie and however narrow the claims are known: what is chosen lies where it must and sums exactly.
    @RepeatedTest(300)
    void everyChoiceHoldsAllThatIsKnown(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        List<Open> channels = new ArrayList<>();
        long sum = 0;
        for (int i = random.nextInt(6); i >= 0; i--) {
            boolean weOpened = random.nextBoolean();
            long fraction = random.nextInt(3) == 0 ? 0 : random.nextInt(1_000);
            long share = 1_000L * random.nextInt(900_000) + fraction;
            sum += share;
            ChannelFigures figures = figures(i, weOpened, share);
            Interval all = figures.claim();
            long claim = claim(weOpened, share);
            long low = claim - random.nextLong(claim - all.lowMsat() + 1);
            long high = claim + random.nextLong(all.highMsat() - claim + 1);
            channels.add(new Open(figures, new Interval(low, high)));
        }
        Collections.shuffle(channels, random);

        Optional<SortedMap<String, Long>> claims = Fractions.claims(channels, sum);

        assertThat(claims).isPresent();
        for (Open one : channels) {
            assertThat(
                            one.within()
                                    .holds(
                                            requireNonNull(
                                                    claims.get()
                                                            .get(one.figures().channelPoint()))))
                    .isTrue();
        }
        assertThat(localMsat(channels, claims.get())).isEqualTo(sum);
    }
}
