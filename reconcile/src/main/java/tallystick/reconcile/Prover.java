package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.db.Transactions;
import tallystick.db.write.GroupRepository;
import tallystick.db.write.NodeRepository;
import tallystick.db.write.OpeningRepository;
import tallystick.db.write.ProofRepository;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.Opening;
import tallystick.ledger.mismatch.DriftRules;
import tallystick.ledger.mismatch.Finding;
import tallystick.ledger.mismatch.GroupVerdict;
import tallystick.ledger.proof.Drift;
import tallystick.ledger.proof.Proof;
import tallystick.ledger.proof.Proven;
import tallystick.ledger.proof.Reading;

/// Proves what nodes said of their balances, each in a group of its own: once all that moved them before a reading is applied,
/// the reading is held against the ledger as it stood then.
final class Prover {
    private static final Logger log = LoggerFactory.getLogger(Prover.class);

    /// Most readings of a node in one transaction: each has a row for every channel.
    private static final int READINGS_MAX = 100;

    private final Transactions snapshots;
    private final int partitions;
    private final Opening opening;
    private final OpeningRepository openings = new OpeningRepository();
    private final ProofRepository proofs = new ProofRepository();

    /// @param snapshots in which accounts are read together with what moved them
    /// @param partitions how many partition numbers there are
    /// @param opening the moment from which the ledger counts
    Prover(Transactions snapshots, int partitions, Opening opening) {
        this.snapshots = snapshots;
        this.partitions = partitions;
        this.opening = opening;
    }

    /// What the groups come to.
    ///
    /// @param proven to be stored
    /// @param later those that are to be decided again
    record Result(
            Map<String, GroupVerdict> verdicts,
            List<Proven> proven,
            List<GroupRepository.Dirty> later) {}

    static boolean isProof(String group) {
        return group.startsWith(DriftRules.PREFIX);
    }

    static NodeId node(String group) {
        return new NodeId(group.substring(DriftRules.PREFIX.length()));
    }

    /// Groups of nodes that told their balances.
    static List<GroupRepository.Dirty> dirty(Collection<NodeRepository.Balance> balances) {
        Map<String, Instant> first = new TreeMap<>();
        balances.forEach(
                one -> first.merge(one.node(), one.observedAt(), (a, b) -> a.isBefore(b) ? a : b));
        List<GroupRepository.Dirty> result = new ArrayList<>();
        first.forEach(
                (node, at) ->
                        result.add(
                                new GroupRepository.Dirty(
                                        DriftRules.PREFIX + node, Instant.EPOCH, node, at)));
        return result;
    }

    /// The group that may have found what a person decided about, where that is a channel or a node.
    static Optional<GroupRepository.Dirty> dirty(Item decided) {
        Reference reference = decided.key().reference();
        Optional<NodeId> node =
                reference instanceof Reference.OfNode of
                        ? Optional.of(of.node())
                        : decided.key().node().filter(_ -> reference instanceof Reference.Channel);
        return node.map(
                one ->
                        new GroupRepository.Dirty(
                                DriftRules.PREFIX + one, Instant.EPOCH, null, null));
    }

    /// @param groups whose locks are held
    Result prove(Connection connection, Collection<String> groups, Instant now)
            throws SQLException {
        Result result = new Result(new TreeMap<>(), new ArrayList<>(), new ArrayList<>());
        for (String group : groups) {
            NodeId node = node(group);
            try {
                result.verdicts().put(group, prove(connection, node, now, result));
            } catch (IllegalArgumentException | ArithmeticException e) {
                log.atError()
                        .setCause(e)
                        .addKeyValue("node", node)
                        .log("balances cannot be proven, as the amounts cannot be");
                result.verdicts()
                        .put(
                                group,
                                GroupVerdict.reporting(
                                        findings(connection, proofs.last(connection, node)), 0));
            }
        }
        return result;
    }

    private GroupVerdict prove(Connection connection, NodeId node, Instant now, Result result)
            throws SQLException {
        Optional<Proven> last = proofs.last(connection, node);
        Optional<Instant> opened =
                opening.at().isEmpty()
                        ? Optional.of(Instant.EPOCH)
                        : openings.readAt(connection, node);
        // What was told before the accounts were opened is never proven.
        Instant from = opened.or(opening::at).orElse(Instant.EPOCH);
        List<Instant> waiting = proofs.unproven(connection, node, from, READINGS_MAX + 1);
        // Read first: what it covers is then in the accounts.
        Optional<Instant> covered = proofs.coveredUntil(connection, node, partitions);
        List<Instant> ready =
                waiting.stream()
                        .filter(at -> covered.filter(until -> !until.isBefore(at)).isPresent())
                        .limit(READINGS_MAX)
                        .toList();
        if (opened.isPresent()) {
            last = prove(connection, node, last, ready, now, result);
            if (ready.size() == waiting.size() && last.filter(Proven::isOff).isPresent()) {
                last = Optional.of(proveAgain(connection, last.get(), covered, now, result));
            }
        }
        if (opened.isEmpty()) {
            waiting.stream()
                    .map(OpenedNodes::untilSecond)
                    .filter(at -> covered.filter(until -> !until.isBefore(at)).isEmpty())
                    .findFirst()
                    .map(at -> onceReadTo(at, node))
                    .ifPresent(result.later()::add);
        } else if (waiting.size() > ready.size()) {
            result.later().add(onceReadTo(requireNonNull(waiting.get(ready.size())), node));
        }
        return GroupVerdict.reporting(findings(connection, last), 0);
    }

    /// @param last the proof before these
    /// @param ready moments of readings, in order
    /// @return the last of them, else the one before
    private Optional<Proven> prove(
            Connection connection,
            NodeId node,
            Optional<Proven> last,
            List<Instant> ready,
            Instant now,
            Result result)
            throws SQLException {
        if (ready.isEmpty()) {
            return last;
        }
        Reading newest = proofs.newest(connection, node).orElseThrow();
        List<Instant> moments =
                Stream.concat(last.map(Prover::readAt).stream(), ready.stream()).toList();
        HeldAccounts held = held(node, moments);
        Optional<Proven> newestProven = last;
        for (Instant at : ready) {
            Reading reading = proofs.reading(connection, node, at);
            Proven proven = proven(newestProven, reading, newest, held, now);
            result.proven().add(proven);
            newestProven = Optional.of(proven);
        }
        return newestProven;
    }

    /// Batches go on while nodes are proven.
    private HeldAccounts held(NodeId node, List<Instant> moments) {
        return snapshots.read(snapshot -> HeldAccounts.read(snapshot, node, opening, moments));
    }

    /// @param newest what the node said last
    private static Proven proven(
            Optional<Proven> last,
            Reading reading,
            Reading newest,
            HeldAccounts held,
            Instant now) {
        return Proven.after(
                last,
                Proof.of(reading, held.at(reading.observedAt()), held.unconfirmed()),
                now,
                newest,
                held.now(),
                last.filter(one -> !one.proof().foots()).map(Prover::readAt).flatMap(held::since));
    }

    /// The node's group, when all that moved its balances before that moment is read.
    private static GroupRepository.Dirty onceReadTo(Instant moment, NodeId node) {
        return new GroupRepository.Dirty(
                DriftRules.PREFIX + node, Instant.EPOCH, node.pubkey(), moment);
    }

    /// A node tells nothing while it says what it said before. That a later sweep was read to its end, with no other reading, says it:
    /// what is off is held against the node once more. What comes of it is kept when it says more than before.
    private Proven proveAgain(
            Connection connection,
            Proven off,
            Optional<Instant> covered,
            Instant now,
            Result result)
            throws SQLException {
        NodeId node = off.proof().reading().node();
        Instant said = readAt(off);
        Optional<Instant> later = covered.filter(until -> until.isAfter(said));
        Proven proven = off;
        if (later.isPresent()) {
            Instant at = later.get();
            Reading again = proofs.reading(connection, node, said).saidAgain(at);
            Proven next =
                    proven(Optional.of(off), again, again, held(node, List.of(said, at)), now);
            if (!next.isOffAs(off)) {
                proofs.repeat(connection, node, said, at);
                result.proven().add(next);
                proven = next;
            }
        }
        if (proven.isOff()) {
            Instant beyond = later.orElse(said).plus(1, ChronoUnit.MICROS);
            result.later().add(onceReadTo(beyond, node));
        }
        return proven;
    }

    private static Instant readAt(Proven proven) {
        return proven.proof().reading().observedAt();
    }

    private List<Finding> findings(Connection connection, Optional<Proven> last)
            throws SQLException {
        List<Finding> result = new ArrayList<>();
        if (last.isPresent()) {
            for (Drift drift : last.get().drifts()) {
                result.add(DriftRules.finding(drift, proofs.candidates(connection, drift)));
            }
        }
        return result;
    }
}
