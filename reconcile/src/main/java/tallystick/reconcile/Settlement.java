package tallystick.reconcile;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import tallystick.db.write.ChainRepository;
import tallystick.db.write.DayRepository;
import tallystick.db.write.DueRepository;
import tallystick.db.write.DueRepository.For;
import tallystick.db.write.GroupRepository;
import tallystick.db.write.HeightRepository;
import tallystick.db.write.HeightRepository.Height;
import tallystick.db.write.ItemRepository;
import tallystick.db.write.RegisterRepository;
import tallystick.db.write.TransferRepository;
import tallystick.ledger.Reference;
import tallystick.ledger.account.Postings;
import tallystick.ledger.account.Transfer;
import tallystick.ledger.day.DayFacts;
import tallystick.ledger.day.DayTotals;
import tallystick.ledger.item.Item;
import tallystick.ledger.mismatch.Coverage;
import tallystick.ledger.mismatch.Heights;
import tallystick.ledger.mismatch.MatchGroups;
import tallystick.ledger.mismatch.Outcome;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ledger.mismatch.Verdict;

/// What the items of one batch come to: their verdicts, the transfers that are missing, their new rows, what changes in the
/// register and what they say to groups. First every item is decided, then all is written. One use.
final class Settlement {
    private final RuleSet rules;
    private final long batchId;
    private final Instant now;
    private final Awaited awaited;
    private final Map<ByteString, Decision> decisions = new LinkedHashMap<>();
    private final Accounts.Wanted wanted;
    private final List<TransferRepository.Row> postings = new ArrayList<>();
    private final List<ItemRepository.Row> rows = new ArrayList<>();
    private final Contributions contributions;
    private final List<DueRepository.Waiting> waiting = new ArrayList<>();
    private final List<HeightRepository.Waiting> waitingForHeights = new ArrayList<>();

    /// With these nobody is noted any more as waiting for a height that they reach.
    private final List<Height> seen = new ArrayList<>();

    private final RegisterUpdate update;
    private final DayTotals days = new DayTotals();
    private final Salts salts = new Salts();

    private final ItemRepository items = new ItemRepository();
    private final TransferRepository transfers = new TransferRepository();
    private final GroupRepository groups = new GroupRepository();
    private final ChainRepository chain = new ChainRepository();
    private final DueRepository due = new DueRepository();
    private final HeightRepository heights = new HeightRepository();
    private final DayRepository dayDeltas = new DayRepository();

    /// How items stood that are left alone when nothing of them comes out otherwise; empty where all are written.
    private Map<ByteString, String> standing = Map.of();

    Settlement(
            RuleSet rules,
            long batchId,
            Instant now,
            RegisterRepository register,
            Accounts.Known known,
            Awaited awaited) {
        this.wanted = new Accounts.Wanted(known);
        this.rules = rules;
        this.batchId = batchId;
        this.now = now;
        this.awaited = awaited;
        this.update = new RegisterUpdate(register);
        this.contributions = new Contributions(rules);
    }

    /// How an item was decided.
    ///
    /// @param should what it should have posted, by leg
    private record Decision(
            Work.Loaded loaded,
            int partition,
            Coverage coverage,
            Outcome outcome,
            Map<String, Transfer> should,
            long residueMsat,
            List<Work.Pending> evidence,
            boolean isTouched,
            boolean isNoted) {
        Verdict verdict() {
            return outcome.verdict();
        }
    }

    /// @throws IllegalArgumentException or ArithmeticException when the item holds amounts that cannot be
    void decide(ByteString key, Work.Loaded loaded, int partition, Coverage coverage, Work work) {
        decide(key, loaded, partition, coverage, work, _ -> false);
    }

    private void decide(
            ByteString key,
            Work.Loaded loaded,
            int partition,
            Coverage coverage,
            Work work,
            Predicate<String> hasEntries) {
        Judgement judgement = Judgement.of(loaded.item(), coverage, rules, now, hasEntries);
        Map<String, Transfer> should = judgement.should();
        // A group posts between its items apart from here.
        List<Work.Pending> evidence = work.evidence.getOrDefault(key, List.of());
        boolean isTouched =
                !evidence.isEmpty() || work.moved.contains(key) || work.cause.equals("group");
        boolean isNoted = !work.taken.contains(key);
        decisions.put(
                key,
                new Decision(
                        loaded,
                        partition,
                        coverage,
                        judgement.outcome(),
                        should,
                        judgement.residueMsat(),
                        evidence,
                        isTouched,
                        isNoted));
        wanted.add(loaded.effects().legs());
        should.values().forEach(wanted::add);
    }

    /// Decides once more what hangs on more than the item itself: on when heights were seen, on entries without a reference.
    void complete(Connection connection, Work work) throws SQLException {
        seen.addAll(work.seen);
        seeHeights(connection, work);
        hearEntries(connection, work);
    }

    /// When heights were seen is looked up for those alone that ask for it.
    private void seeHeights(Connection connection, Work work) throws SQLException {
        Set<Height> asked = new HashSet<>();
        for (Decision decision : decisions.values()) {
            asked.addAll(heights(decision));
        }
        if (asked.isEmpty()) {
            return;
        }
        Map<Height, Instant> firstSeen = new HashMap<>();
        heights.firstSeen(connection, asked).forEach(one -> firstSeen.put(one.height(), one.at()));
        List.copyOf(decisions.entrySet()).stream()
                .filter(one -> !Collections.disjoint(heights(one.getValue()), firstSeen.keySet()))
                .forEach(
                        one -> {
                            Decision first = one.getValue();
                            int partition = first.partition();
                            Coverage coverage =
                                    first.coverage()
                                            .with(
                                                    (node, height) ->
                                                            Optional.ofNullable(
                                                                    firstSeen.get(
                                                                            new Height(
                                                                                    partition,
                                                                                    node.pubkey(),
                                                                                    height))));
                            decide(one.getKey(), first.loaded(), partition, coverage, work);
                        });
    }

    private static List<Height> heights(Decision decision) {
        if (decision.verdict().waitsForHeights().isEmpty()) {
            return List.of(); // As nearly all.
        }
        return decision.verdict().waitsForHeights().stream()
                .map(one -> new Height(decision.partition(), one.node().pubkey(), one.height()))
                .toList();
    }

    /// Nothing is called not booked while an entry without a reference may be about it: such items are decided once more,
    /// knowing to which of their groups entries speak.
    private void hearEntries(Connection connection, Work work) throws SQLException {
        Set<String> keys = new HashSet<>();
        for (Decision decision : decisions.values()) {
            keys.addAll(unheard(decision));
        }
        if (keys.isEmpty()) {
            return;
        }
        Set<String> withEntries = groups.withEntries(connection, keys);
        // Those of the same batch are not written yet.
        decisions.values().stream()
                .flatMap(decision -> decision.verdict().contributions().stream())
                .filter(one -> !one.entryId().isEmpty())
                .forEach(one -> withEntries.add(one.group()));
        List.copyOf(decisions.entrySet()).stream()
                .filter(one -> !Collections.disjoint(unheard(one.getValue()), withEntries))
                .forEach(
                        one -> {
                            Decision first = one.getValue();
                            decide(
                                    one.getKey(),
                                    first.loaded(),
                                    first.partition(),
                                    first.coverage(),
                                    work,
                                    withEntries::contains);
                        });
    }

    private static List<String> unheard(Decision decision) {
        if (decision.verdict().contributions().isEmpty()) {
            return List.of(); // As nearly all.
        }
        Item item = decision.loaded().item();
        return decision.verdict().contributions().stream()
                .filter(one -> MatchGroups.isKey(one.group()) && one.decided(item).isEmpty())
                .map(Verdict.Contribution::group)
                .toList();
    }

    boolean isEmpty() {
        return decisions.isEmpty();
    }

    /// Writes nothing of the items that come out as they were. Groups of the others are decided at once: those that are not
    /// due by the rules that hold now take back what they decided.
    ///
    /// @param states how each stands
    void leaveAlone(Map<ByteString, String> states) {
        standing = Map.copyOf(states);
        contributions.decideAtOnce();
    }

    /// How many items were written; known after `write`.
    int written() {
        return rows.size();
    }

    /// What is found, and what is said to groups, is always written: it names the rules, and groups decide by them too.
    private boolean isAsBefore(ByteString key, Decision decision, Accounts accounts) {
        Work.Loaded loaded = decision.loaded();
        Effects before = loaded.effects();
        Verdict verdict = decision.verdict();
        return verdict.state().name().equals(standing.get(key))
                && decision.outcome().findings().isEmpty()
                && before.reported().isEmpty()
                && verdict.contributions().isEmpty()
                && before.groups().isEmpty()
                && ItemRows.kept(verdict.dueAt()).equals(loaded.dueAt())
                && ItemRows.kept(verdict.waitsForCoverage()).equals(loaded.waitsForCoverage())
                && verdict.waitsForHeights().isEmpty()
                && before.heights().isEmpty()
                && Postings.difference(accounts.transfers(before.legs()), decision.should())
                        .isEmpty();
    }

    /// Writes items, transfers, balances, contributions and the register.
    ///
    /// @return the changes of the register
    List<RegisterRepository.Change> write(Connection connection, Work work) throws SQLException {
        Accounts accounts = wanted.find(connection, transfers);
        decisions.forEach(
                (key, decision) -> {
                    if (standing.isEmpty() || !isAsBefore(key, decision, accounts)) {
                        settle(key, decision, accounts, work.cause);
                    }
                });
        items.write(connection, batchId, rows);
        dayDeltas.add(connection, batchId, days);
        long notedBy =
                awaited.note(waiting.stream().map(one -> ByteString.copyFrom(one.key())).toList());
        due.add(connection, notedBy, waiting);
        heights.add(connection, waitingForHeights);
        transfers.post(connection, batchId, postings);
        if (!postings.isEmpty() && !work.cause.equals("group")) {
            // A group moves what it finds by itself.
            chain.watching(connection, touchedAccounts()).stream()
                    .map(EndedChannels::dirty)
                    .forEach(contributions::touch);
        }
        List<RegisterRepository.Change> changes = update.write(connection, batchId);
        contributions.write(connection, groups);
        return changes;
    }

    private Set<Long> touchedAccounts() {
        Set<Long> ids = new HashSet<>();
        postings.forEach(
                row -> {
                    ids.add(row.debitId());
                    ids.add(row.creditId());
                });
        return ids;
    }

    /// Further groups that the batch makes dirty: they are marked together with all others, in one order.
    void touch(Collection<GroupRepository.Dirty> dirty) {
        dirty.forEach(contributions::touch);
    }

    /// What the batch writes to the register.
    RegisterUpdate update() {
        return update;
    }

    /// These groups are being decided, and have heard these contributions: they need not be decided again for them.
    void isHeard(Collection<GroupRepository.Row> rows) {
        contributions.isHeard(rows);
    }

    /// The transfers that were posted; known after `write`.
    List<TransferRepository.Row> postings() {
        return postings;
    }

    private void settle(ByteString key, Decision decision, Accounts accounts, String batchCause) {
        byte[] itemKey = key.toByteArray();
        Work.Loaded loaded = decision.loaded();
        Verdict verdict = decision.verdict();
        if (verdict.dueAt().isEmpty() && verdict.waitsForCoverage().isEmpty()) {
            awaited.settle(key);
        }
        Effects before = loaded.effects();
        List<Effects.Leg> legs = new ArrayList<>(decision.should().size());
        decision.should().forEach((leg, transfer) -> legs.add(accounts.leg(leg, transfer)));
        boolean isPosted = legs.equals(before.legs());
        Map<String, Transfer> posted =
                isPosted ? decision.should() : accounts.transfers(before.legs());
        List<Postings.Posting> missing =
                isPosted ? List.of() : Postings.difference(posted, decision.should());
        missing.forEach(posting -> postings.add(row(itemKey, decision, posting, accounts)));
        boolean isTouched = decision.isTouched() || !missing.isEmpty();
        long residue = decision.residueMsat();
        Effects effects =
                new Effects(
                        legs,
                        reportFindings(decision, itemKey, residue, batchCause),
                        contributions.add(
                                itemKey,
                                decision.partition(),
                                before.groups(),
                                loaded.item(),
                                verdict),
                        List.copyOf(verdict.waitsForHeights()));
        awaitHeights(itemKey, decision);
        addToDays(decision, posted);
        rows.add(
                ItemRows.row(
                        loaded.item(),
                        verdict,
                        itemKey,
                        decision.partition(),
                        residue,
                        loaded,
                        isTouched,
                        ItemCodec.encode(
                                loaded.item(),
                                effects,
                                loaded.item().hasTexts() ? salts.next() : ItemCodec.NO_SALT)));
        await(itemKey, decision, For.MOMENT, verdict.dueAt(), loaded.dueAt());
        await(
                itemKey,
                decision,
                waitsForOneNode(loaded.item().key().reference()) ? For.FORWARDS : For.FLEET,
                verdict.waitsForCoverage(),
                loaded.waitsForCoverage());
    }

    /// What the item adds to business days from now on, less what it added before.
    ///
    /// @param posted before
    private void addToDays(Decision decision, Map<String, Transfer> posted) {
        Optional<Instant> opened = rules.opening().at();
        Work.Loaded loaded = decision.loaded();
        loaded.stored()
                .ifPresent(
                        stored ->
                                DayFacts.add(
                                        stored.item(),
                                        stored.stand(),
                                        posted,
                                        Postings.residueMsat(stored.item(), posted),
                                        opened,
                                        days,
                                        -1));
        DayFacts.add(
                loaded.item(),
                new DayFacts.Stand(decision.verdict().state().name(), decision.verdict().pairs()),
                decision.should(),
                decision.residueMsat(),
                opened,
                days,
                1);
    }

    private static boolean waitsForOneNode(Reference reference) {
        return reference instanceof Reference.Forward
                || reference instanceof Reference.Channel
                || reference instanceof Reference.Tx;
    }

    /// Notes when to look again, unless that is noted already.
    private void await(
            byte[] itemKey,
            Decision decision,
            For waitsFor,
            Optional<Instant> moment,
            Optional<Instant> noted) {
        if (moment.isEmpty()) {
            return;
        }
        Instant kept = ItemRows.kept(moment).orElseThrow();
        // What is noted for a sooner moment is noted for this one when that has come.
        boolean isNoted = decision.isNoted() && noted.filter(at -> !kept.isBefore(at)).isPresent();
        if (!isNoted) {
            waiting.add(new DueRepository.Waiting(decision.partition(), waitsFor, kept, itemKey));
        }
    }

    /// Notes for which heights to look again, unless that is noted already.
    private void awaitHeights(byte[] itemKey, Decision decision) {
        List<Heights.Height> noted = decision.loaded().effects().heights();
        for (Heights.Height one : decision.verdict().waitsForHeights()) {
            Height height = new Height(decision.partition(), one.node().pubkey(), one.height());
            boolean isTaken = seen.stream().anyMatch(height::isReachedBy);
            if (isTaken || !noted.contains(one)) {
                waitingForHeights.add(new HeightRepository.Waiting(height, itemKey));
            }
        }
    }

    private static TransferRepository.Row row(
            byte[] itemKey, Decision decision, Postings.Posting posting, Accounts accounts) {
        return new TransferRepository.Row(
                itemKey,
                decision.partition(),
                posting.leg(),
                accounts.id(posting.transfer().debit()),
                accounts.id(posting.transfer().credit()),
                posting.transfer().amount().value());
    }

    /// Reports what is new or reads otherwise than before, and closes what is not found any more.
    ///
    /// @return what is reported from now on
    private List<Effects.Reported> reportFindings(
            Decision decision, byte[] itemKey, long residue, String batchCause) {
        Outcome outcome = decision.outcome();
        List<Effects.Reported> before = decision.loaded().effects().reported();
        if (outcome.findings().isEmpty() && before.isEmpty()) {
            return List.of(); // As nearly all.
        }
        Map<ByteString, ByteString> reported = new HashMap<>();
        before.forEach(one -> reported.put(one.mismatchId(), one.digest()));
        List<Effects.Reported> after = new ArrayList<>();
        for (Outcome.Judged judged : outcome.findings()) {
            RegisterRepository.Row row =
                    MismatchMessages.row(
                            judged, Digests.hex(itemKey), itemKey, residue, rules, now);
            ByteString id = ByteString.copyFrom(row.mismatchId());
            ByteString digest = ByteString.copyFrom(MismatchMessages.digest(row));
            if (!digest.equals(reported.remove(id))) {
                update.report(row, cause(id, decision, batchCause));
            }
            after.add(new Effects.Reported(id, digest));
        }
        reported.keySet()
                .forEach(id -> update.close(id.toByteArray(), cause(id, decision, batchCause)));
        return after;
    }

    private static Cause cause(ByteString mismatchId, Decision decision, String batchCause) {
        return Cause.of(Digests.hex(mismatchId.toByteArray()), decision.evidence(), batchCause);
    }
}
