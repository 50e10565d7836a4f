package tallystick.ledger.proof;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.ledger.NodeId;
import tallystick.ledger.proof.Course.Mark;
import tallystick.ledger.proof.Drift.Subject;

/// A proof with what the proofs before it come to.
///
/// @param computedAt when it was computed
/// @param channels course of each channel, by channel point
public record Proven(
        Proof proof,
        Instant computedAt,
        Map<String, Course> channels,
        Course local,
        Course wallet) {
    public Proven {
        channels = Map.copyOf(channels);
    }

    /// How the channel has stood since a proof of it last footed.
    public Course course(ChannelProof channel) {
        return channels.getOrDefault(channel.channelPoint(), Course.NEW);
    }

    /// @param previous the proof of the reading before
    /// @param newest what the node said last, which may be later than the proof's own reading
    /// @param now the accounts as they stand
    /// @param standstill since the reading before; empty when that is not known
    public static Proven after(
            Optional<Proven> previous,
            Proof proof,
            Instant computedAt,
            Reading newest,
            NodeAccounts now,
            Optional<Standstill> standstill) {
        Mark mark = new Mark(proof.reading().observedAt(), proof.sequence());
        SortedMap<String, Course> channels = new TreeMap<>();
        for (ChannelProof channel : proof.channels()) {
            Course before = previous.map(one -> one.upTo(channel)).orElse(Course.NEW);
            channels.put(
                    channel.channelPoint(),
                    before.next(
                            mark,
                            channel.residualMsat(),
                            previous.filter(
                                            one ->
                                                    one.isConfirmed(
                                                            channel, newest, now, standstill))
                                    .isPresent()));
        }
        boolean isLocalConfirmed =
                previous.filter(one -> one.isLocalConfirmed(proof, newest, now, standstill))
                        .isPresent();
        Course local =
                previous.map(Proven::local)
                        .orElse(Course.NEW)
                        .next(mark, unexplained(proof.local()), isLocalConfirmed);
        boolean wasOfChannels =
                !isLocalConfirmed && previous.filter(Proven::isOfChannels).isPresent();
        if (wasOfChannels && !isSumOf(drifting(channels).values(), local)) {
            local = local.withoutDrift();
        }
        Total wallet = proof.wallet();
        return new Proven(
                proof,
                computedAt,
                channels,
                local,
                previous.map(Proven::wallet)
                        .orElse(Course.NEW)
                        .next(
                                mark,
                                OptionalLong.of(wallet.unexplainedMsat()),
                                previous.filter(
                                                one ->
                                                        one.isWalletConfirmed(
                                                                proof, newest, standstill))
                                        .isPresent()));
    }

    /// A channel that this proof does not have was not there on either side: so far it footed.
    private Course upTo(ChannelProof channel) {
        Course footed =
                new Course(
                        Optional.of(new Mark(proof.reading().observedAt(), proof.sequence())),
                        Optional.empty(),
                        0,
                        Optional.empty());
        return channels.getOrDefault(channel.channelPoint(), footed);
    }

    private static OptionalLong unexplained(Optional<Total> total) {
        return total.isPresent()
                ? OptionalLong.of(total.get().unexplainedMsat())
                : OptionalLong.empty();
    }

    /// What was in the ledger when this proof was computed may be later than what the node was read for. Only a reading from after
    /// that, with the same figures, shows that nothing of it is what the node had yet to say; or that nothing moved since.
    private boolean isKnownTo(Reading newest) {
        return !newest.observedAt().isBefore(computedAt);
    }

    private boolean isConfirmed(
            ChannelProof next, Reading newest, NodeAccounts now, Optional<Standstill> standstill) {
        String point = next.channelPoint();
        return ((isKnownTo(newest) && isAsNow(next, now))
                        || standstill.filter(one -> one.ofChannel(point, newest, now)).isPresent())
                && newest.figures(point).isQuiet()
                && newest.figures(point).isAs(next.figures())
                && proof.channels().stream()
                        .filter(one -> one.channelPoint().equals(point))
                        .anyMatch(next::confirms);
    }

    /// False when something was taken off as later than the reading: by the node's clock it was.
    private static boolean isAsNow(ChannelProof channel, NodeAccounts now) {
        return channel.ledgerMsat() == now.claimMsat(channel.channelPoint());
    }

    private boolean isLocalConfirmed(
            Proof next, Reading newest, NodeAccounts now, Optional<Standstill> standstill) {
        return ((isKnownTo(newest) && next.channels().stream().allMatch(one -> isAsNow(one, now)))
                        || standstill.filter(one -> one.ofChannels(next, newest, now)).isPresent())
                && newest.channelsLocalMsat() == next.reading().channelsLocalMsat()
                && next.local().isPresent()
                && proof.local().filter(next.local().get()::confirms).isPresent();
    }

    private boolean isWalletConfirmed(Proof next, Reading newest, Optional<Standstill> standstill) {
        return (isKnownTo(newest)
                        || standstill
                                .filter(one -> one.ofWallet(next.wallet(), newest))
                                .isPresent())
                && newest.walletMsat() == next.reading().walletMsat()
                && next.wallet().confirms(proof.wallet());
    }

    /// What drifts. A total whose drift is that of channels which drift themselves is not named beside them.
    public List<Drift> drifts() {
        NodeId node = proof.reading().node();
        SortedMap<String, Course> drifting = drifting(channels);
        List<Drift> result = new ArrayList<>();
        drifting.forEach(
                (point, course) ->
                        result.add(
                                new Drift(
                                        node,
                                        Subject.CHANNEL,
                                        Optional.of(point),
                                        course,
                                        isOfChannels() && drifting.size() == 1
                                                ? local.driftMsat()
                                                : course.driftMsat())));
        if (local.isDrifting() && !isOfChannels()) {
            result.add(Drift.of(node, Subject.CHANNELS, local));
        }
        if (wallet.isDrifting()) {
            result.add(Drift.of(node, Subject.WALLET, wallet));
        }
        return result;
    }

    /// True when something does not foot, or drifted when it could last be told.
    public boolean isOff() {
        return !proof.foots() || !drifts().isEmpty();
    }

    /// Whether it says no more than another of what is off.
    public boolean isOffAs(Proven other) {
        return proof.isOffAs(other.proof) && drifts().equals(other.drifts());
    }

    /// True when the total drifts by what its channels drift by.
    private boolean isOfChannels() {
        return local.isDrifting() && isSumOf(drifting(channels).values(), local);
    }

    private static SortedMap<String, Course> drifting(Map<String, Course> channels) {
        SortedMap<String, Course> drifting = new TreeMap<>(channels);
        drifting.values().removeIf(course -> !course.isDrifting());
        return drifting;
    }

    /// A channel's drift is the distance to an interval; what is behind it may be that much more.
    private static boolean isSumOf(Collection<Course> drifting, Course total) {
        long low = 0;
        long high = 0;
        for (Course course : drifting) {
            long drift = course.driftMsat();
            low = Math.addExact(low, drift > 0 ? drift : drift - ChannelFigures.FRACTION_MAX);
            high = Math.addExact(high, drift > 0 ? drift + ChannelFigures.FRACTION_MAX : drift);
        }
        return !drifting.isEmpty() && low <= total.driftMsat() && total.driftMsat() <= high;
    }
}
