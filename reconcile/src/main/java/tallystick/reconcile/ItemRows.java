package tallystick.reconcile;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import tallystick.db.Json;
import tallystick.db.write.ItemRepository;
import tallystick.ledger.Reference;
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
        Set<String> nodes = knowing(item);
        boolean isUsual = isUsual(item, verdict, nodes);
        return new ItemRepository.Row(
                loaded.place(),
                key,
                item.key().text(),
                kind(item.key().reference()),
                partition,
                verdict.state().name(),
                residue,
                verdict.dueAt(),
                verdict.waitsForCoverage(),
                !item.receipts().isEmpty(),
                !item.payments().isEmpty(),
                nodes,
                isUsual ? verdict.pairs().getFirst().bookedMsat() : null,
                isUsual || verdict.pairs().isEmpty() ? null : pairs(verdict.pairs()),
                loaded.version() + 1,
                isTouched,
                body);
    }

    private static Set<String> knowing(Item item) {
        Set<String> knowing = new TreeSet<>();
        item.receipts().keySet().forEach(node -> knowing.add(node.pubkey()));
        item.payments().keySet().forEach(node -> knowing.add(node.pubkey()));
        if (item.facts().isPresent()) {
            item.key().node().ifPresent(node -> knowing.add(node.pubkey()));
        }
        return knowing;
    }

    /// One pair, which says nothing that the item's other columns do not.
    private static boolean isUsual(Item item, Verdict verdict, Set<String> nodes) {
        if (verdict.pairs().size() != 1 || nodes.size() != 1) {
            return false;
        }
        Verdict.PairVerdict pair = verdict.pairs().getFirst();
        return nodes.contains(pair.node())
                && pair.state() == verdict.state()
                && pair.reference().equals(item.key().text());
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

    private static String kind(Reference reference) {
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
