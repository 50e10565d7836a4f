package tallystick.reconcile;

import static java.util.stream.Collectors.joining;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import tallystick.db.Json;
import tallystick.db.write.ItemRepository;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.day.DayFacts;
import tallystick.ledger.item.Item;
import tallystick.ledger.mismatch.Verdict;

/// Items as rows: the columns repeat what is searched and summed.
final class ItemRows {
    private ItemRows() {}

    static ItemRepository.Row row(
            Item item,
            Verdict verdict,
            byte[] key,
            int partition,
            long residue,
            Work.Loaded loaded,
            boolean isTouched,
            byte[] body) {
        List<NodeId> nodes = knowing(item);
        String keyText = item.key().text();
        boolean isUsual = isUsual(keyText, verdict, nodes);
        return new ItemRepository.Row(
                loaded.place(),
                key,
                keyText,
                kind(item.key().reference()),
                partition,
                verdict.state().name(),
                residue,
                verdict.dueAt(),
                verdict.waitsForCoverage(),
                !item.receipts().isEmpty(),
                !item.payments().isEmpty(),
                bytes(nodes),
                isUsual ? verdict.pairs().getFirst().bookedMsat() : null,
                isUsual || verdict.pairs().isEmpty() ? null : pairs(verdict.pairs()),
                loaded.version() + 1,
                isTouched,
                body);
    }

    /// A moment as the database keeps it.
    static Optional<Instant> kept(Optional<Instant> moment) {
        return moment.map(at -> at.truncatedTo(ChronoUnit.MICROS));
    }

    /// The nodes that know something of it, in their order.
    private static List<NodeId> knowing(Item item) {
        if (item.payments().isEmpty() && item.facts().isEmpty()) {
            return List.copyOf(item.receipts().keySet());
        }
        SortedSet<NodeId> knowing = new TreeSet<>(item.receipts().keySet());
        knowing.addAll(item.payments().keySet());
        if (item.facts().isPresent()) {
            item.key().node().ifPresent(knowing::add);
        }
        return List.copyOf(knowing);
    }

    /// The keys of the nodes that know something of it, one after the other.
    static byte[] nodeKeys(Item item) {
        return bytes(knowing(item));
    }

    /// Their keys one after the other, as `ledger.node_texts` reads them.
    private static byte[] bytes(List<NodeId> nodes) {
        return HexFormat.of()
                .parseHex(
                        nodes.size() == 1
                                ? nodes.getFirst().pubkey()
                                : nodes.stream().map(NodeId::pubkey).collect(joining()));
    }

    /// One pair, which says nothing that the item's other columns do not.
    private static boolean isUsual(String keyText, Verdict verdict, List<NodeId> nodes) {
        if (verdict.pairs().size() != 1 || nodes.size() != 1) {
            return false;
        }
        Verdict.PairVerdict pair = verdict.pairs().getFirst();
        return nodes.getFirst().pubkey().equals(pair.node())
                && pair.state() == verdict.state()
                && pair.reference().equals(keyText);
    }

    private static String pairs(List<Verdict.PairVerdict> pairs) {
        return Json.pairs(
                pairs.stream()
                        .map(
                                pair ->
                                        new Json.StoredPair(
                                                pair.node(),
                                                pair.reference(),
                                                pair.state().name(),
                                                pair.bookedMsat()))
                        .toList());
    }

    /// How a stored item stands, as `row` wrote it.
    static DayFacts.Stand stand(ItemKey key, ItemRepository.StoredBody stored) {
        if (stored.pairs() != null) {
            return new DayFacts.Stand(
                    stored.state(),
                    Json.pairs(stored.pairs()).stream()
                            .map(
                                    pair ->
                                            new Verdict.PairVerdict(
                                                    pair.node(),
                                                    pair.reference(),
                                                    Verdict.State.valueOf(pair.state()),
                                                    pair.msat()))
                            .toList());
        }
        if (stored.bookedMsat() == null) {
            return new DayFacts.Stand(stored.state(), List.of());
        }
        return new DayFacts.Stand(
                stored.state(),
                List.of(
                        new Verdict.PairVerdict(
                                HexFormat.of().formatHex(stored.nodeKeys()),
                                key.text(),
                                Verdict.State.valueOf(stored.state()),
                                stored.bookedMsat())));
    }

    /// One word or two for what an item is about.
    static String kind(Reference reference) {
        return switch (reference) {
            case Reference.Payment _, Reference.AmpSet _ -> "payment";
            case Reference.Forward _ -> "forward";
            case Reference.Tx _ -> "chain";
            case Reference.Channel _ -> "channel";
            case Reference.ForwardsOfDay _ -> "forwards of a day";
            case Reference.Order _, Reference.Entry _ -> "order";
            case Reference.Refused _ -> "record";
            case Reference.OfNode _ -> "node";
        };
    }
}
