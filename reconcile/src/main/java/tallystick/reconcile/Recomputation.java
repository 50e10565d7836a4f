package tallystick.reconcile;

import com.google.protobuf.ByteString;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import tallystick.db.Json;
import tallystick.db.seal.TamperFinding;
import tallystick.db.write.HistoryRepository;
import tallystick.db.write.HistoryRepository.Applied;
import tallystick.db.write.HistoryRepository.Stored;
import tallystick.db.write.ItemRepository;
import tallystick.db.write.RegisterRepository;
import tallystick.db.write.RegisterRepository.LastChanged;
import tallystick.db.write.RegisterRepository.Row;
import tallystick.db.write.TransferRepository;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Reference;
import tallystick.ledger.account.Postings;
import tallystick.ledger.item.Item;
import tallystick.ledger.mismatch.ClosedDays;
import tallystick.ledger.mismatch.Code;
import tallystick.ledger.mismatch.Coverage;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ledger.mismatch.Verdict;

/// Computes again what is changed in place from what only ever comes: items from evidence and decisions, their residues from their
/// transfers, the register from its changes. Whoever changes such a row is found by that, even if the change was sealed as the
/// program's own. Reads only, in memory bounded by the items that are held at once. One use.
final class Recomputation {
    /// Items that are held at once.
    private static final int ITEMS_MAX = 1_000;

    /// Most that is told of a kind.
    private static final int TOLD_MAX = 20;

    private final Connection connection;
    private final EvidenceReader reader;
    private final Optional<RuleSet> rules;
    private final long next;
    private final Consumer<String> progress;
    private final KnownCoverage coverage;

    /// By partition number, as the ledger decided last.
    private final Map<Integer, Coverage> proven = new HashMap<>();

    /// At which the ledger decided last.
    private final Instant now;

    private final List<TamperFinding> findings = new ArrayList<>();
    private final Map<String, Integer> told = new HashMap<>();
    private final HistoryRepository history;

    /// Whether what is archived can be seen too.
    private final boolean isWhole;

    private final RegisterRepository register = new RegisterRepository();
    private final TransferRepository transfers = new TransferRepository();
    private final Accounts.Known accounts = new Accounts.Known();
    private long items;
    private long notComputed;

    /// @param whole view that shows all evidence, what is archived too; empty for what is in the ledger
    /// @param rules that hold; empty before anything was decided
    /// @param next ledger sequence number
    /// @param progress takes what is being done, in words
    Recomputation(
            Connection connection,
            EvidenceReader reader,
            Optional<String> whole,
            Optional<RuleSet> rules,
            long next,
            Consumer<String> progress)
            throws SQLException {
        this.connection = connection;
        this.reader = reader;
        this.history = whole.map(HistoryRepository::new).orElseGet(HistoryRepository::new);
        this.isWhole = whole.isPresent();
        this.rules = rules;
        this.next = next;
        this.progress = progress;
        this.coverage = KnownCoverage.load(connection);
        this.now = history.newest(connection);
    }

    List<TamperFinding> run() throws SQLException {
        progress.accept("register");
        register.withLastChanges(connection, this::checkRegister);
        history.all(connection, ITEMS_MAX, this::checkItems);
        progress.accept("items of evidence");
        history.notNamed(connection, reader::isOfGroup, TOLD_MAX)
                .forEach(
                        one ->
                                tell(
                                        one.sequence(),
                                        "ledger.item",
                                        "item %s has evidence or transfers here (expected: a row that names the batch)"
                                                .formatted(one.itemKey())));
        return findings;
    }

    /// How many items were left out, as evidence of theirs is archived.
    long notComputed() {
        return notComputed;
    }

    private void checkRegister(LastChanged one) {
        Row row = one.row();
        byte[] after = one.after();
        if (row == null) {
            if (after != null && !OutboxMessages.isOver(MismatchMessages.parse(after))) {
                tell(
                        one.sequence(),
                        "register.mismatch",
                        "%s is not there (expected: as its last change left it)"
                                .formatted(MismatchMessages.parse(after).getMismatchId()));
            }
        } else if (!Arrays.equals(MismatchMessages.message(row).toByteArray(), after)
                || !Code.valueOf(row.code()).label().equals(row.label())
                || !isOwned(row)) {
            tell(
                    one.sequence(),
                    "register.mismatch",
                    "%s of %s is %s over %,d msat (expected: as its last change left it)"
                            .formatted(row.code(), row.reference(), row.state(), row.amountMsat()));
        }
    }

    /// What an item reports names it as the owner; what a group reports may name one of its items beside.
    private static boolean isOwned(Row row) {
        byte[] itemKey = row.itemKey();
        boolean isItems = row.owner().matches("[0-9a-f]{64}");
        return !isItems || (itemKey != null && row.owner().equals(Digests.hex(itemKey)));
    }

    private void checkItems(
            List<Stored> some, List<Applied> applied, List<HistoryRepository.Moved> posted)
            throws SQLException {
        List<byte[]> keys = some.stream().map(Stored::itemKey).toList();
        Map<ByteString, List<Applied>> evidence = new HashMap<>();
        for (Applied one : applied) {
            evidence.computeIfAbsent(ByteString.copyFrom(one.itemKey()), _ -> new ArrayList<>())
                    .add(one);
        }
        Map<ByteString, Map<Long, BigDecimal>> moved = new HashMap<>();
        for (HistoryRepository.Moved one : posted) {
            move(
                    moved.computeIfAbsent(ByteString.copyFrom(one.itemKey()), _ -> new TreeMap<>()),
                    one.debitId(),
                    one.creditId(),
                    one.amountMsat());
        }
        Map<String, Map<ByteString, ByteString>> reported = reported(keys);
        Accounts.Wanted wanted = new Accounts.Wanted(accounts);
        Map<ByteString, ItemCodec.Body> bodies = new HashMap<>();
        for (Stored stored : some) {
            ByteString key = ByteString.copyFrom(stored.itemKey());
            body(stored)
                    .ifPresent(
                            body -> {
                                bodies.put(key, body);
                                wanted.add(body.effects().legs());
                            });
        }
        Accounts found = wanted.find(connection, transfers);
        for (Stored stored : some) {
            ByteString key = ByteString.copyFrom(stored.itemKey());
            ItemCodec.Body body = bodies.get(key);
            if (body != null) {
                check(
                        stored,
                        body,
                        evidence.getOrDefault(key, List.of()),
                        moved.getOrDefault(key, Map.of()),
                        reported.getOrDefault(Digests.hex(stored.itemKey()), Map.of()),
                        found);
            }
        }
        items += some.size();
        progress.accept("item %,d".formatted(items));
    }

    /// By owner: what stands in the register, with its digest.
    private Map<String, Map<ByteString, ByteString>> reported(List<byte[]> keys)
            throws SQLException {
        Map<String, Map<ByteString, ByteString>> result = new HashMap<>();
        for (Row row :
                register.standingByOwner(connection, keys.stream().map(Digests::hex).toList())) {
            result.computeIfAbsent(row.owner(), _ -> new HashMap<>())
                    .put(
                            ByteString.copyFrom(row.mismatchId()),
                            ByteString.copyFrom(MismatchMessages.digest(asWritten(row))));
        }
        return result;
    }

    /// The database writes JSON in its own way.
    private static Row asWritten(Row row) {
        return MismatchMessages.withHalves(
                row,
                Json.halves(Json.halves(row.nodeHalf())),
                Json.halves(Json.halves(row.booksHalf())));
    }

    private Optional<ItemCodec.Body> body(Stored stored) {
        try {
            return Optional.of(
                    ItemCodec.decode(ItemKey.parse(stored.row().keyText()), stored.row().body()));
        } catch (RuntimeException e) {
            tell(stored, "its body is unreadable (expected: as it was written)");
            return Optional.empty();
        }
    }

    private void check(
            Stored stored,
            ItemCodec.Body body,
            List<Applied> evidence,
            Map<Long, BigDecimal> moved,
            Map<ByteString, ByteString> reported,
            Accounts found) {
        Item item = body.item();
        if (!Arrays.equals(Digests.itemKey(item.key()), stored.itemKey())) {
            tell(stored, "its key is of another reference (expected: the digest of its own)");
        }
        if (stored.isArchived() && !isWhole) {
            notComputed++;
        } else if (!isSaid(item, evidence)) {
            tell(stored, "it is not what its evidence says (expected: nothing else)");
        }
        for (Applied one : evidence) {
            if (one.hasTexts() && one.isErased() != item.isErased()) {
                tell(
                        stored,
                        "what people wrote in %s-%d@%d is %s (expected: erased if a person decided so, and only then)"
                                .formatted(
                                        one.topic(),
                                        one.partition(),
                                        one.offset(),
                                        one.isErased() ? "erased" : "there"));
            }
        }
        checkColumns(stored, body, evidence);
        Map<ByteString, ByteString> own = new HashMap<>();
        body.effects().reported().forEach(one -> own.put(one.mismatchId(), one.digest()));
        if (!own.equals(reported)) {
            tell(stored, "the register holds other mismatches of it (expected: those it reported)");
        }
        Map<Long, BigDecimal> legs = new TreeMap<>();
        for (Effects.Leg leg : body.effects().legs()) {
            move(legs, leg.debitId(), leg.creditId(), leg.amountMsat());
        }
        if (!legs.equals(moved)) {
            tell(stored, "what it says to have posted is not the sum of its transfers");
            return;
        }
        long residue = Postings.residueMsat(item, found.transfers(body.effects().legs()));
        if (residue != stored.row().residueMsat()) {
            tell(
                    stored,
                    "residue %,d msat (expected: %,d, what its transfers leave)"
                            .formatted(stored.row().residueMsat(), residue));
        }
    }

    /// Debits less credits, by account; those on which nothing is left are left out.
    private static void move(
            Map<Long, BigDecimal> moved, long debitId, long creditId, long amountMsat) {
        BigDecimal msat = BigDecimal.valueOf(amountMsat);
        add(moved, debitId, msat);
        add(moved, creditId, msat.negate());
    }

    private static void add(Map<Long, BigDecimal> moved, long accountId, BigDecimal msat) {
        BigDecimal sum = moved.getOrDefault(accountId, BigDecimal.ZERO).add(msat);
        if (sum.signum() == 0) {
            moved.remove(accountId);
        } else {
            moved.put(accountId, sum);
        }
    }

    /// The columns repeat what the body says, and how it is decided.
    private void checkColumns(Stored stored, ItemCodec.Body body, List<Applied> evidence) {
        ItemRepository.Row row = stored.row();
        Item item = body.item();
        if (!row.kind().equals(ItemRows.kind(item.key().reference()))
                || row.hasInvoice() == item.receipts().isEmpty()
                || row.hasPayment() == item.payments().isEmpty()
                || !Arrays.equals(row.nodeKeys(), ItemRows.nodeKeys(item))
                || (!evidence.isEmpty() && evidence.getFirst().partition() != row.partition())) {
            tell(stored, "its columns are not what its body says (expected: the same)");
        }
        if (rules.isEmpty() || !standsByItself(row, body)) {
            return;
        }
        Judgement judgement =
                Judgement.of(item, proven(row.partition()), rules.get(), now, _ -> false);
        Verdict verdict = judgement.outcome().verdict();
        boolean speaks =
                !verdict.contributions().stream().allMatch(one -> ClosedDays.isOne(one.group()));
        if (speaks || !verdict.waitsForHeights().isEmpty()) {
            return;
        }
        ItemRepository.Row decided =
                ItemRows.row(
                        item,
                        verdict,
                        row.key(),
                        row.partition(),
                        judgement.residueMsat(),
                        Work.Loaded.empty(item),
                        false,
                        row.body());
        if (!decided.state().equals(row.state())
                || !ItemRows.kept(decided.dueAt()).equals(row.dueAt())
                || !ItemRows.kept(decided.waitsForCoverage()).equals(row.waitsForCoverage())
                || !Objects.equals(decided.bookedMsat(), row.bookedMsat())
                || !pairs(decided).equals(pairs(row))) {
            tell(
                    stored,
                    "state %s, due %s (expected: %s, due %s, as the rules decide)"
                            .formatted(row.state(), row.dueAt(), decided.state(), decided.dueAt()));
        }
    }

    /// False for what hangs on other items or on heights, and for what was not decided again yet.
    private boolean standsByItself(ItemRepository.Row row, ItemCodec.Body body) {
        Coverage proven = proven(row.partition());
        // What was booked after its day says so to a group that says nothing back.
        return body.effects().groups().stream().allMatch(ClosedDays::isOne)
                && body.effects().heights().isEmpty()
                && body.item().allocations().isEmpty()
                && row.dueAt().filter(at -> !at.isAfter(now)).isEmpty()
                && row.waitsForCoverage().filter(proven::reaches).isEmpty();
    }

    private Coverage proven(int partition) {
        return proven.computeIfAbsent(partition, one -> coverage.at(one, now));
    }

    private static List<Json.StoredPair> pairs(ItemRepository.Row row) {
        String pairs = row.pairs();
        return pairs == null ? List.of() : Json.pairs(pairs);
    }

    /// Evidence that was changed need not be readable.
    private boolean isSaid(Item item, List<Applied> evidence) {
        try {
            return said(item).equals(said(reader.item(item.key(), evidence)));
        } catch (IllegalStateException | ArithmeticException e) {
            return false;
        }
    }

    /// What records alone say: what groups decided rests on other items, and so does what is known of links on the chain. A record
    /// that was refused is no evidence.
    private static List<Object> said(Item item) {
        boolean isLinked =
                item.key().reference() instanceof Reference.Tx
                        || item.key().reference() instanceof Reference.Channel
                        || item.key().reference() instanceof Reference.OfNode
                        || item.key().reference() instanceof Reference.Refused;
        return List.of(
                item.receipts(),
                item.payments(),
                isLinked ? Optional.empty() : item.facts(),
                item.entries(),
                item.decisions());
    }

    private void tell(Stored stored, String what) {
        tell(stored.sequence(), "ledger.item", stored.row().keyText() + ": " + what);
    }

    private void tell(long sequence, String where, String what) {
        if (Objects.requireNonNull(told.merge(where, 1, Integer::sum)) <= TOLD_MAX) {
            // What no batch leads to, the next would be about.
            findings.add(new TamperFinding(sequence == 0 ? next : sequence, where, what));
        }
    }
}
