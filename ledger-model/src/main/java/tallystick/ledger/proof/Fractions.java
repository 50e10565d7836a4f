package tallystick.ledger.proof;

import static java.util.Comparator.comparingLong;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// Shares out among a node's channels what its whole satoshis leave open. The node tells each channel's share rounded down, and
/// the exact sum over all of them: what the sum has above the rounded shares is the sum of their fractions.
///
/// Of a channel that the peer opened, the claim is the share. Of one that we opened, the claim is what the peer does not hold:
/// without a fraction it is the most that it can be, with one it lies as far above the least.
public final class Fractions {
    private Fractions() {}

    /// A channel, and where its claim must lie.
    public record Open(ChannelFigures figures, Interval within) {
        /// @throws IllegalArgumentException when that is not within what the figures say
        public Open {
            if (!figures.claim().holds(within.lowMsat())
                    || !figures.claim().holds(within.highMsat())) {
                throw new IllegalArgumentException(
                        "claim of %s: %s (expected: within %s)"
                                .formatted(figures.channelPoint(), within, figures.claim()));
            }
        }

        private boolean canBeWhole() {
            return figures.weOpened() && within.highMsat() == figures.claim().highMsat();
        }

        /// The claim without a fraction, from which fractions count up.
        private long base() {
            long low = figures.claim().lowMsat();
            return figures.weOpened() ? low - 1 : low;
        }

        private long whole() {
            return figures.claim().highMsat();
        }

        private long least() {
            return within.lowMsat() - base();
        }

        private long most() {
            return Math.min(within.highMsat() - base(), ChannelFigures.FRACTION_MAX);
        }
    }

    /// Claims that lie where they must and sum to what the node says. Of all that do, one in the middle: each channel gets the
    /// part of what is left that its own width is of all widths. A channel that we opened goes without a fraction only where the
    /// sum asks for it.
    ///
    /// @param localMsat the node's exact sum of its own shares
    /// @return by channel point; empty when no claims can be right
    public static Optional<SortedMap<String, Long>> claims(List<Open> channels, long localMsat) {
        long fractions = localMsat;
        for (Open one : channels) {
            fractions = Math.subtractExact(fractions, one.figures().local().lowMsat());
        }
        List<Open> fractional = new ArrayList<>(channels);
        fractional.removeIf(one -> one.least() > one.most());
        long least = fractional.stream().mapToLong(Open::least).sum();
        List<Open> canBeWhole =
                fractional.stream()
                        .filter(Open::canBeWhole)
                        .sorted(comparingLong(Open::least).reversed())
                        .toList();
        for (Open one : canBeWhole) {
            if (least <= fractions) {
                break;
            }
            fractional.remove(one);
            least -= one.least();
        }
        long most = fractional.stream().mapToLong(Open::most).sum();
        if (fractions < least || fractions > most) {
            return Optional.empty();
        }
        SortedMap<String, Long> claims = new TreeMap<>();
        channels.forEach(one -> claims.put(one.figures().channelPoint(), one.whole()));
        long left = fractions - least;
        long width = most - least;
        for (Open one : fractional) {
            long own = one.most() - one.least();
            long part = width == 0 ? 0 : left * own / width;
            claims.put(one.figures().channelPoint(), one.base() + one.least() + part);
            left -= part;
            width -= own;
        }
        return Optional.of(claims);
    }
}
