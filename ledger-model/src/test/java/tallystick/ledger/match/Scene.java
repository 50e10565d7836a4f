package tallystick.ledger.match;

import static tallystick.ledger.match.Direction.IN;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import tallystick.ledger.NodeId;
import tallystick.ledger.Samples;

/// Entries and settlements, and what is proposed for them. Minutes count from the start of the stories.
final class Scene {
    final List<Booking> bookings = new ArrayList<>();
    final List<Candidate> candidates = new ArrayList<>();
    MatchRules rules = MatchRules.defaults();

    static String hash(int number) {
        return "%064x".formatted(0xabc_0000L + number);
    }

    Scene booked(String id, long msat, long minute, String order) {
        return booked(id, IN, Optional.empty(), msat, minute, order, "");
    }

    Scene booked(
            String id,
            Direction direction,
            Optional<NodeId> node,
            long msat,
            long minute,
            String order,
            String memo) {
        bookings.add(
                new Booking(id, direction, node, msat, at(minute), Keys.ofBooking(order, memo)));
        return this;
    }

    /// Received by Alice, under the hash of that number; also its id.
    Scene received(int number, long msat, long minute, String memo) {
        return received(Samples.ALICE, number, msat, minute, memo);
    }

    Scene received(NodeId node, int number, long msat, long minute, String memo) {
        candidates.add(
                new Candidate(
                        id(number),
                        IN,
                        node,
                        msat,
                        0,
                        at(minute),
                        Keys.ofSettlement(hash(number), memo)));
        return this;
    }

    Scene paid(int number, long msat, long fee, long minute) {
        candidates.add(
                new Candidate(
                        id(number),
                        Direction.OUT,
                        Samples.ALICE,
                        msat,
                        fee,
                        at(minute),
                        Keys.ofSettlement(hash(number), "")));
        return this;
    }

    Scene with(MatchRules other) {
        rules = other;
        return this;
    }

    SortedMap<String, Proposal> byKeys() {
        return KeyMatch.propose(bookings, candidates, rules);
    }

    SortedMap<String, Proposal> byAmounts() {
        return AmountMatch.propose(bookings, candidates, rules);
    }

    /// The proposal for an entry, which must be there.
    static Proposal of(SortedMap<String, Proposal> proposals, String entry) {
        return Objects.requireNonNull(proposals.get(entry), entry);
    }

    static String id(int number) {
        return "%03d".formatted(number);
    }

    static Alternative alternative(List<String> bookings, Integer... candidates) {
        SortedSet<String> ids = new TreeSet<>();
        Arrays.stream(candidates).forEach(number -> ids.add(id(number)));
        return new Alternative(new TreeSet<>(bookings), ids, false);
    }

    private static Instant at(long minute) {
        return Samples.minute(minute);
    }
}
