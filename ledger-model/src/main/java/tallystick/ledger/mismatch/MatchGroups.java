package tallystick.ledger.mismatch;

import static java.util.stream.Collectors.toCollection;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import tallystick.ledger.NodeId;
import tallystick.ledger.item.Allocation;
import tallystick.ledger.match.Alternative;
import tallystick.ledger.match.AmountMatch;
import tallystick.ledger.match.Booking;
import tallystick.ledger.match.Candidate;
import tallystick.ledger.match.Direction;
import tallystick.ledger.match.KeyMatch;
import tallystick.ledger.match.MatchRules;
import tallystick.ledger.match.Offer;
import tallystick.ledger.match.Proposal;
import tallystick.ledger.match.Proposal.Basis;
import tallystick.ledger.match.Proposal.Standing;
import tallystick.ledger.mismatch.Verdict.Contribution;

/// Groups in which entries without a reference meet settlements that nobody booked. There is one for each key (an order, a
/// hash), and all that hang together are decided together: what is unique there moves the residue. And there is one for
/// each day, for what no key settles: it only proposes.
public final class MatchGroups {
    /// A text that more unbooked settlements and entries share than these names nothing.
    static final int KEY_ROWS_MAX = 64;

    /// More unbooked settlements and entries of one day than these are not looked through: book those with references first.
    static final int DAY_ROWS_MAX = 500;

    private static final String KEY = "match/";
    private static final String DAY = "amounts/";

    private MatchGroups() {}

    /// True for a group that is decided together with those that it is linked to.
    public static boolean isKey(String group) {
        return group.startsWith(KEY);
    }

    /// True for a group in which there is nothing to decide without entries.
    public static boolean isMatching(String group) {
        return isKey(group) || group.startsWith(DAY);
    }

    static String key(Direction direction, String key) {
        return KEY + text(direction) + "/" + key;
    }

    static String day(Direction direction, LocalDate day) {
        return DAY + text(direction) + "/" + day;
    }

    /// The moment that stands for a day, where only the day counts.
    static Instant noon(LocalDate day, RuleSet rules) {
        return day.atTime(LocalTime.NOON).atZone(rules.zone()).toInstant();
    }

    private static String text(Direction direction) {
        return direction.name().toLowerCase(Locale.ROOT);
    }

    private static Direction direction(String group) {
        return group.startsWith("in/", group.indexOf('/') + 1) ? Direction.IN : Direction.OUT;
    }

    /// What all members of linked groups come to.
    ///
    /// @param groups what is said to each, by name
    public static SortedMap<String, GroupVerdict> decideKeys(
            SortedMap<String, List<Contribution>> groups, RuleSet rules) {
        SortedMap<String, Member> members = new TreeMap<>();
        groups.forEach(
                (group, said) -> {
                    for (Contribution one : said) {
                        members.computeIfAbsent(id(one), _ -> new Member(one))
                                .add(group, said.size() <= KEY_ROWS_MAX);
                    }
                });
        SortedMap<String, Proposal> proposals =
                KeyMatch.propose(
                        bookings(members.values()), candidates(members.values()), bounds(rules));
        Moves moves = new Moves(members);
        proposals.values().stream()
                .filter(Proposal::confirmsItself)
                .map(proposal -> proposal.alternatives().getFirst())
                .collect(toCollection(TreeSet::new))
                .forEach(moves::add);
        SortedMap<String, GroupVerdict> result = new TreeMap<>();
        groups.forEach(
                (group, said) -> {
                    List<Optional<Allocation>> allocations = new ArrayList<>();
                    if (said.stream().noneMatch(MatchGroups::isEntry)) {
                        // As if no entry had ever spoken here: whether one did must not tell.
                        said.forEach(_ -> allocations.add(Optional.empty()));
                        result.put(group, GroupVerdict.of(allocations));
                        return;
                    }
                    for (Contribution one : said) {
                        Member member = Objects.requireNonNull(members.get(id(one)), "member");
                        Optional<String> offer =
                                Optional.ofNullable(proposals.get(member.id()))
                                        .filter(proposal -> !proposal.confirmsItself())
                                        .filter(_ -> member.isHome(group))
                                        .map(proposal -> offer(proposal, members).text());
                        allocations.add(
                                Optional.of(
                                        new Allocation(
                                                one.amountMsat(),
                                                moves.residueMsat(group, member.id()),
                                                !moves.isMoved(member.id()),
                                                offer)));
                    }
                    result.put(group, GroupVerdict.of(allocations));
                });
        return result;
    }

    /// What the entries of a day may be about. Settlements are told nothing: only a person can say.
    static GroupVerdict decideDay(List<Contribution> said, RuleSet rules) {
        SortedMap<String, Member> members = new TreeMap<>();
        said.forEach(one -> members.put(id(one), new Member(one)));
        boolean isTooMany = said.size() > DAY_ROWS_MAX;
        SortedMap<String, Proposal> proposals =
                isTooMany
                        ? new TreeMap<>()
                        : AmountMatch.propose(
                                bookings(members.values()),
                                candidates(members.values()),
                                bounds(rules));
        return GroupVerdict.of(
                said.stream()
                        .map(
                                one ->
                                        isEntry(one)
                                                ? Optional.of(
                                                        ofDay(one, isTooMany, proposals, members))
                                                : Optional.<Allocation>empty())
                        .toList());
    }

    private static Allocation ofDay(
            Contribution one,
            boolean isTooMany,
            SortedMap<String, Proposal> proposals,
            SortedMap<String, Member> members) {
        Optional<Offer> offer =
                isTooMany
                        ? Optional.of(
                                new Offer(
                                        Basis.AMOUNT, Standing.BUDGET_SPENT, List.of(), List.of()))
                        : Optional.ofNullable(proposals.get(id(one)))
                                .map(proposal -> offer(proposal, members));
        return new Allocation(one.amountMsat(), 0, offer.isEmpty(), offer.map(Offer::text));
    }

    private static MatchRules bounds(RuleSet rules) {
        return rules.of(Code.AMBIGUOUS_MATCH).matching();
    }

    private static boolean isEntry(Contribution one) {
        return !one.entryId().isEmpty();
    }

    /// One item has one role in each direction.
    private static String id(Contribution one) {
        return text(direction(one.group())) + "/" + one.reference();
    }

    private static List<Booking> bookings(Collection<Member> members) {
        return members.stream()
                .filter(member -> isEntry(member.said))
                .map(
                        member ->
                                new Booking(
                                        member.id(),
                                        direction(member.said.group()),
                                        node(member.said),
                                        member.said.amountMsat(),
                                        member.said.bookedAt(),
                                        member.keys))
                .toList();
    }

    private static List<Candidate> candidates(Collection<Member> members) {
        return members.stream()
                .filter(member -> !isEntry(member.said))
                .map(
                        member ->
                                new Candidate(
                                        member.id(),
                                        direction(member.said.group()),
                                        node(member.said).orElseThrow(),
                                        member.said.amountMsat(),
                                        member.said.feeMsat(),
                                        member.said.bookedAt(),
                                        member.keys))
                .toList();
    }

    private static Optional<NodeId> node(Contribution one) {
        return one.node().isEmpty() ? Optional.empty() : Optional.of(new NodeId(one.node()));
    }

    private static Offer offer(Proposal proposal, SortedMap<String, Member> members) {
        return new Offer(
                proposal.basis(),
                proposal.standing(),
                proposal.alternatives().stream()
                        .map(one -> choice(one, proposal.booking(), members))
                        .toList(),
                proposal.rivals().stream().map(id -> reference(id, members)).toList());
    }

    private static Offer.Choice choice(
            Alternative one, String booking, SortedMap<String, Member> members) {
        return new Offer.Choice(
                one.candidates().stream()
                        .map(id -> Objects.requireNonNull(members.get(id), "candidate"))
                        .map(member -> member.settled(one.withFees()))
                        .toList(),
                one.bookings().stream()
                        .filter(id -> !id.equals(booking))
                        .map(id -> reference(id, members))
                        .toList());
    }

    private static String reference(String id, SortedMap<String, Member> members) {
        return Objects.requireNonNull(members.get(id), "member").said.reference();
    }

    /// An entry or a settlement, and the groups that it speaks to.
    private static final class Member {
        private final Contribution said;
        private final SortedSet<String> groups = new TreeSet<>();
        private final SortedSet<String> keys = new TreeSet<>();

        Member(Contribution said) {
            this.said = said;
        }

        /// @param names false for a group so large that its key names nothing
        void add(String group, boolean names) {
            groups.add(group);
            if (names) {
                keys.add(group.substring(key(direction(group), "").length()));
            }
        }

        String id() {
            return MatchGroups.id(said);
        }

        /// Where its proposal is told.
        boolean isHome(String group) {
            return groups.getFirst().equals(group);
        }

        Offer.Settled settled(boolean withFees) {
            long msat = said.amountMsat() + (withFees ? said.feeMsat() : 0);
            return new Offer.Settled(
                    said.reference(),
                    said.node(),
                    direction(said.group()) == Direction.IN ? msat : -msat,
                    said.bookedAt());
        }
    }

    /// What goes from settlements to entries, by group.
    private static final class Moves {
        private final SortedMap<String, Member> members;
        private final Map<String, Map<String, Long>> residues = new HashMap<>();
        private final SortedSet<String> moved = new TreeSet<>();

        Moves(SortedMap<String, Member> members) {
            this.members = members;
        }

        /// Each entry takes over the residue of its settlements, one after the other.
        void add(Alternative one) {
            moved.addAll(one.bookings());
            moved.addAll(one.candidates());
            Deque<String> settled = new ArrayDeque<>(one.candidates());
            long left = left(settled.getFirst(), one.withFees());
            for (String booking : one.bookings()) {
                long missing = member(booking).said.amountMsat();
                while (missing > 0) {
                    if (left == 0) {
                        settled.removeFirst();
                        left = left(settled.getFirst(), one.withFees());
                    }
                    long part = Math.min(missing, left);
                    move(booking, settled.getFirst(), part);
                    missing -= part;
                    left -= part;
                }
            }
        }

        private long left(String candidate, boolean withFees) {
            Contribution said = member(candidate).said;
            return said.amountMsat() + (withFees ? said.feeMsat() : 0);
        }

        private void move(String booking, String candidate, long msat) {
            SortedSet<String> shared = new TreeSet<>(member(booking).groups);
            shared.retainAll(member(candidate).groups);
            Map<String, Long> residue =
                    residues.computeIfAbsent(shared.getFirst(), _ -> new HashMap<>());
            boolean isIn = direction(member(booking).said.group()) == Direction.IN;
            residue.merge(booking, isIn ? msat : -msat, Math::addExact);
            residue.merge(candidate, isIn ? -msat : msat, Math::addExact);
        }

        private Member member(String id) {
            return Objects.requireNonNull(members.get(id), "member");
        }

        long residueMsat(String group, String id) {
            return residues.getOrDefault(group, Map.of()).getOrDefault(id, 0L);
        }

        boolean isMoved(String id) {
            return moved.contains(id);
        }
    }

    /// What the key groups that an item speaks to moved for it, without sign. Unit: msat.
    static long matchedMsat(Stream<Allocation> allocations) {
        return allocations.mapToLong(one -> Math.abs(one.residueMsat())).reduce(0, Math::addExact);
    }
}
