package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.db.write.BatchRepository;
import tallystick.db.write.GroupRepository;
import tallystick.db.write.ItemRepository;
import tallystick.db.write.OpeningRepository;
import tallystick.db.write.PositionRepository;
import tallystick.db.write.ProofRepository;
import tallystick.db.write.RegisterRepository;
import tallystick.kafka.RecordKeys;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.Channel.Opened;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NodeFacts.Followed;
import tallystick.ledger.item.Opening;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ledger.proof.ChannelFigures;
import tallystick.ledger.proof.ChannelProof;
import tallystick.ledger.proof.Fractions;
import tallystick.ledger.proof.Fractions.Open;
import tallystick.ledger.proof.Interval;
import tallystick.ledger.proof.NodeAccounts;
import tallystick.ledger.proof.Proof;
import tallystick.ledger.proof.Reading;

/// Opens the accounts of nodes that have a past: by the first reading of a node, from the moment on from which the ledger counts,
/// that is complete, less what the ledger itself posted up to that reading. Readings that come later say more exactly what was in
/// each channel then.
final class OpenedNodes {
    private static final Logger log = LoggerFactory.getLogger(OpenedNodes.class);

    /// Most readings that are looked through in one go for one to open by: those of most of a day.
    private static final int CANDIDATES_MAX = 1_000;

    /// Most readings that are held against what was opened in one go.
    private static final int READINGS_MAX = 100;

    private final RuleSet rules;
    private final Opening opening;
    private final List<Integer> partitions;
    private final Awaited awaited;
    private final Accounts.Known accounts;
    private final OpeningRepository openings = new OpeningRepository();
    private final ProofRepository proofs = new ProofRepository();
    private final PositionRepository positions = new PositionRepository();
    private final BatchRepository batches = new BatchRepository();
    private final RegisterRepository register = new RegisterRepository();
    private final GroupRepository groups = new GroupRepository();
    private final CoverageBook coverageBook = new CoverageBook();
    private final ItemLoader loader = new ItemLoader(new ItemRepository());

    OpenedNodes(RuleSet rules, List<Integer> partitions, Awaited awaited, Accounts.Known accounts) {
        this.rules = rules;
        this.opening = rules.opening();
        this.partitions = partitions;
        this.awaited = awaited;
        this.accounts = accounts;
    }

    private int partition(NodeId node) {
        return RecordKeys.partition(RecordKeys.of(node), partitions.size());
    }

    /// What is written of one node in one transaction.
    private record Writing(Work work, NodeId node, Set<ByteString> changed) {
        void put(ByteString key, Item item) {
            Work.Loaded loaded = work.item(key);
            if (!loaded.item().equals(item)) {
                work.put(key, loaded.with(item));
                changed.add(key);
            }
        }
    }

    /// Brings the openings of the nodes up to what they have told.
    void decide(Connection connection, Collection<NodeId> nodes, Instant now) throws SQLException {
        for (NodeId node : new TreeSet<>(nodes)) {
            int partition = partition(node);
            positions.lock(connection, Set.of(partition));
            // Read before the items: what it covers is then in them.
            coverageBook.load(connection, partitions);
            try {
                Optional<Instant> opened = openings.readAt(connection, node);
                if (opened.isEmpty()) {
                    Writing writing = writing(connection, node, now);
                    opened = open(connection, writing, covered(node, partition));
                    write(connection, writing);
                    if (opened.isPresent()) {
                        openings.add(connection, node, opened.get(), writing.work().batchId);
                    }
                }
                if (opened.isPresent()) { // What was told since may be known by now.
                    narrow(connection, node, opened.get(), now);
                }
            } catch (IllegalArgumentException | ArithmeticException e) {
                log.atError()
                        .setCause(e)
                        .addKeyValue("node", node)
                        .log("accounts cannot be opened, as the amounts cannot be");
            }
        }
    }

    private Writing writing(Connection connection, NodeId node, Instant now) throws SQLException {
        Set<Integer> held = Set.of(partition(node));
        Work work = new Work(batches.nextBatchId(connection), "group", now, held);
        return new Writing(work, node, new HashSet<>());
    }

    private Optional<Instant> covered(NodeId node, int partition) {
        return coverageBook
                .everywhere(partitions)
                .movementsUntil(node)
                .filter(until -> coverageBook.of(partition).reachesChain(node, until));
    }

    private void write(Connection connection, Writing writing) throws SQLException {
        if (writing.changed().isEmpty()) {
            return;
        }
        Work work = writing.work();
        int partition = partition(writing.node());
        Settlement settlement =
                new Settlement(rules, work.batchId, work.now, register, accounts, awaited);
        List<GroupRepository.Dirty> ended = new ArrayList<>();
        TreeSet<ByteString> ordered = new TreeSet<>(Digests.KEY_ORDER);
        ordered.addAll(writing.changed());
        for (ByteString key : ordered) {
            Work.Loaded loaded = work.item(key);
            settlement.decide(key, loaded, partition, coverageBook.of(partition), work);
            if (loaded.item().facts().orElse(null) instanceof Channel channel
                    && channel.isEnded()) {
                ended.add(
                        EndedChannels.dirty(
                                EndedChannels.group(writing.node(), point(loaded.item().key()))));
            }
        }
        settlement.complete(connection, work);
        var _ = settlement.write(connection, work);
        groups.markDirty(connection, ended);
        batches.append(connection, work.batchId, work.cause, work.now, 0);
    }

    private static String point(ItemKey key) {
        return ((Reference.Channel) key.reference()).point();
    }

    // --- the first complete reading

    /// Up to when all must be read, so that what happened in the second of a reading is known.
    static Instant untilSecond(Instant readAt) {
        return readAt.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1);
    }

    /// Returns the reading by which the accounts were opened.
    private Optional<Instant> open(
            Connection connection, Writing writing, Optional<Instant> covered) throws SQLException {
        Instant from = opening.at().orElseThrow();
        if (covered.filter(until -> !until.isBefore(from)).isEmpty()) {
            return Optional.empty();
        }
        List<Item> moving = null;
        NodeId node = writing.node();
        for (Instant at : openings.readings(connection, node, from, CANDIDATES_MAX)) {
            if (untilSecond(at).isAfter(covered.get())) {
                break;
            }
            if (moving == null) {
                List<byte[]> keys = openings.moving(connection, node, partition(node));
                moving = load(connection, writing, keys);
            }
            Reading reading = proofs.reading(connection, node, at);
            Snapshot snapshot = new Snapshot(connection, node, reading, moving);
            if (snapshot.isClear()
                    && snapshot.isWalletClear()
                    && open(connection, writing, snapshot)) {
                return Optional.of(at);
            }
        }
        return Optional.empty();
    }

    private List<Item> load(Connection connection, Writing writing, List<byte[]> keys)
            throws SQLException {
        loader.loadToDecide(connection, writing.work(), keys);
        writing.work().changed.clear();
        List<Item> result = new ArrayList<>();
        for (byte[] key : keys) {
            result.add(writing.work().item(ByteString.copyFrom(key)).item());
        }
        return result;
    }

    /// A reading, beside what the ledger itself posted up to it.
    private final class Snapshot {
        private final Reading reading;

        /// Until when what was seen is in the reading.
        private final Instant until;

        private final OpenedAccounts posted;
        private final List<Item> moving;

        Snapshot(Connection connection, NodeId node, Reading reading, List<Item> moving)
                throws SQLException {
            this.reading = reading;
            this.until = HeldAccounts.endOf(reading.observedAt());
            this.moving = moving;
            this.posted =
                    OpenedAccounts.of(
                            node, opening, moving, until, openings.aliases(connection, node));
        }

        /// False when something happened in the very second of the reading: nobody can tell whether it is in it.
        boolean isClear() {
            long second = reading.observedAt().getEpochSecond();
            return moving.stream()
                    .map(opening::counted)
                    .noneMatch(item -> isReceivedIn(item, second) || isSeenIn(item, second));
        }

        /// False when nobody can tell what the wallet's total holds: two transactions spent one coin, and the node counts what comes
        /// back by both; or something was locked while a channel was being funded, leased or spent by the funding.
        boolean isWalletClear() {
            Set<String> spent = new HashSet<>();
            for (Item item : moving) {
                if (item.facts().orElse(null) instanceof ChainTx tx && tx.isThereAt(until)) {
                    boolean isFunding = !tx.openings().isEmpty() && tx.isUnconfirmedAt(until);
                    if ((isFunding && reading.lockedMsat() > 0)
                            || !Collections.disjoint(spent, tx.inputs().keySet())) {
                        return false;
                    }
                    spent.addAll(tx.inputs().keySet());
                }
            }
            return true;
        }

        private static boolean isReceivedIn(Item item, long second) {
            return item.receipts().values().stream()
                    .flatMap(receipt -> receipt.htlcs().values().stream())
                    .anyMatch(htlc -> htlc.resolvedAt() == second);
        }

        private static boolean isSeenIn(Item item, long second) {
            return item.facts().orElse(null) instanceof ChainTx tx
                    && tx.looks().keySet().stream()
                            .map(look -> look.time().getEpochSecond())
                            .min(Long::compare)
                            .filter(first -> first == second)
                            .isPresent();
        }

        long walletMsat() {
            // What is leased has left the total.
            return reading.walletMsat() + reading.lockedMsat() - posted.walletMsat();
        }

        long postedMsat(String point) {
            return posted.channelMsat(point);
        }

        /// True for a channel whose whole life the ledger knows.
        boolean isFundedSince(String point) {
            return moving.stream()
                    .anyMatch(
                            item ->
                                    item.facts().orElse(null) instanceof ChainTx tx
                                            && tx.openings().containsKey(point)
                                            && !opening.isBefore(tx));
        }
    }

    private boolean open(Connection connection, Writing writing, Snapshot snapshot)
            throws SQLException {
        Map<String, ByteString> channels = new HashMap<>();
        List<byte[]> keys =
                openings.channels(connection, writing.node(), partition(writing.node()));
        for (Item item : load(connection, writing, keys)) {
            if (item.facts().orElse(null) instanceof Channel) {
                channels.put(point(item.key()), ByteString.copyFrom(Digests.itemKey(item.key())));
            }
        }
        List<Open> open = new ArrayList<>();
        Set<String> before = new HashSet<>();
        for (ChannelFigures figures : snapshot.reading.channels()) {
            String point = figures.channelPoint();
            if (!channels.containsKey(point)) {
                return false; // It was told of in another record, which has yet to come.
            }
            long posted = snapshot.postedMsat(point);
            if (snapshot.isFundedSince(point) && figures.claim().holds(posted)) {
                open.add(new Open(figures, new Interval(posted, posted)));
            } else {
                before.add(point);
                open.add(new Open(figures, figures.claim()));
            }
        }
        Optional<SortedMap<String, Long>> claims =
                Fractions.claims(open, snapshot.reading.channelsLocalMsat());
        if (claims.isEmpty()) {
            return false;
        }
        for (Open one : open) {
            String point = one.figures().channelPoint();
            if (before.contains(point)) {
                // With its opening, what was pushed to open it is taken back.
                long posted = snapshot.postedMsat(point) - snapshot.posted.pushedMsat(point);
                Interval within = one.within().plus(-posted);
                put(
                        writing,
                        requireNonNull(channels.get(point)),
                        new Opened(
                                true,
                                requireNonNull(claims.get().get(point)) - posted,
                                within.lowMsat(),
                                within.highMsat()));
            }
        }
        Set<String> listed =
                open.stream().map(one -> one.figures().channelPoint()).collect(Collectors.toSet());
        channels.forEach(
                (point, key) -> {
                    Channel channel = (Channel) writing.work().item(key).item().facts().get();
                    boolean wasThere =
                            channel.isEnded()
                                    && channel.openSeenAt()
                                            .filter(
                                                    at ->
                                                            !at.isAfter(snapshot.until)
                                                                    || at.equals(
                                                                            channel.stageSeenAt()))
                                            .isPresent();
                    if (!listed.contains(point) && wasThere && !snapshot.isFundedSince(point)) {
                        put(writing, key, Opened.CLOSED);
                    }
                });
        ItemKey key = ItemKey.of(new Reference.OfNode(writing.node()), Optional.empty());
        ByteString bytes = ByteString.copyFrom(Digests.itemKey(key));
        loader.loadNamed(connection, writing.work(), List.of(key));
        Item item = writing.work().item(bytes).item();
        Followed followed =
                item.facts().orElse(Followed.NOTHING) instanceof Followed one
                        ? one
                        : Followed.NOTHING;
        writing.put(bytes, item.replacing(followed.withWallet(snapshot.walletMsat())));
        log.atInfo()
                .addKeyValue("node", writing.node())
                .addKeyValue("from", opening.at().orElseThrow())
                .addKeyValue("reading", snapshot.reading.observedAt())
                .addKeyValue("channels", before.size())
                .log("accounts opened");
        return true;
    }

    private static void put(Writing writing, ByteString key, Opened opened) {
        Item item = writing.work().item(key).item();
        Channel channel = (Channel) item.facts().orElseThrow();
        writing.put(
                key,
                item.replacing(
                        channel.with(
                                new Channel.Links(
                                        channel.links().returns(),
                                        channel.links().claim(),
                                        Optional.of(opened)))));
    }

    // --- what later readings say of it

    /// Each reading narrows what each channel can have been opened with. Where the ledger as it stood then lies outside, within what
    /// was left open, the fractions are shared out anew.
    private void narrow(Connection connection, NodeId node, Instant openedAt, Instant now)
            throws SQLException {
        Optional<Instant> covered = proofs.coveredUntil(connection, node, partitions.size());
        List<Item> moved = null;
        for (Instant at : proofs.unproven(connection, node, openedAt, READINGS_MAX)) {
            if (covered.filter(until -> !until.isBefore(at)).isEmpty()) {
                return;
            }
            Writing writing = writing(connection, node, now);
            if (moved == null) {
                Instant from = at.minus(HeldAccounts.SKEW_MAX);
                Optional<List<byte[]>> keys =
                        proofs.movedSince(connection, node, from, HeldAccounts.ITEMS_MAX);
                // What moved while nothing was read for long narrows nothing.
                if (keys.isEmpty()) {
                    return;
                }
                moved = load(connection, writing, keys.get());
            }
            Reading reading = proofs.reading(connection, node, at);
            Snapshot snapshot = new Snapshot(connection, node, reading, moved);
            Proof proof = Proof.of(reading, heldAt(connection, snapshot), List.of());
            if (proof.isComplete() && snapshot.isClear()) {
                narrow(connection, writing, reading, proof);
                write(connection, writing);
            }
        }
    }

    /// What the ledger holds in its channels, less what moved after the reading.
    private NodeAccounts heldAt(Connection connection, Snapshot snapshot) throws SQLException {
        NodeId node = snapshot.reading.node();
        OpenedAccounts now =
                OpenedAccounts.of(
                        node,
                        opening,
                        snapshot.moving,
                        Instant.MAX,
                        openings.aliases(connection, node));
        return proofs.accounts(connection, node).less(now.since(snapshot.posted), Set.of(), 0);
    }

    private void narrow(Connection connection, Writing writing, Reading reading, Proof proof)
            throws SQLException {
        Map<String, ByteString> keys = new TreeMap<>();
        List<ItemKey> named = new ArrayList<>();
        for (ChannelProof channel : proof.channels()) {
            ItemKey key =
                    ItemKey.of(writing.node(), Reference.Channel.ofPoint(channel.channelPoint()));
            named.add(key);
            keys.put(channel.channelPoint(), ByteString.copyFrom(Digests.itemKey(key)));
        }
        loader.loadNamed(connection, writing.work(), named);
        List<Open> open = new ArrayList<>();
        Map<String, Opened> before = new TreeMap<>();
        Map<String, Long> moved = new TreeMap<>();
        SortedMap<String, Long> nearest = new TreeMap<>();
        for (ChannelProof channel : proof.channels()) {
            String point = channel.channelPoint();
            Optional<Opened> opened = opened(writing, requireNonNull(keys.get(point)));
            Interval claim = channel.figures().claim();
            Interval left =
                    opened.map(
                                    one ->
                                            new Interval(one.lowMsat(), one.highMsat())
                                                    .plus(channel.ledgerMsat() - one.msat()))
                            .orElse(new Interval(channel.ledgerMsat(), channel.ledgerMsat()));
            Optional<Interval> within = claim.and(left);
            if (within.isEmpty()) {
                continue; // Something else is wrong: the proof says it.
            }
            nearest.put(point, within.get().nearestMsat(channel.ledgerMsat()));
            open.add(new Open(channel.figures(), within.get()));
            opened.ifPresent(
                    one -> {
                        before.put(point, one);
                        moved.put(point, channel.ledgerMsat() - one.msat());
                    });
        }
        boolean foots =
                proof.channels().stream().allMatch(one -> one.residualMsat().orElse(0) == 0)
                        && proof.local().orElseThrow().residualMsat() == 0;
        SortedMap<String, Long> claims = new TreeMap<>();
        if (foots || open.size() < proof.channels().size()) {
            // Where one is off, the exact sum does not tell the fractions of the others.
            claims.putAll(nearest);
        } else {
            Fractions.claims(open, reading.channelsLocalMsat()).ifPresent(claims::putAll);
        }
        if (claims.isEmpty()) {
            return;
        }
        for (Open one : open) {
            String point = one.figures().channelPoint();
            if (before.containsKey(point)) {
                long since = requireNonNull(moved.get(point));
                Interval within = one.within().plus(-since);
                put(
                        writing,
                        requireNonNull(keys.get(point)),
                        new Opened(
                                true,
                                requireNonNull(claims.get(point)) - since,
                                within.lowMsat(),
                                within.highMsat()));
            }
        }
    }

    private static Optional<Opened> opened(Writing writing, ByteString key) {
        return writing.work().item(key).item().facts().orElse(null) instanceof Channel channel
                ? channel.links().opened().filter(Opened::isOpen)
                : Optional.empty();
    }
}
