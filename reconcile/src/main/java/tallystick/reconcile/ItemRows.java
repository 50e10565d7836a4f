package tallystick.reconcile;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import tallystick.db.Json;
import tallystick.db.write.ItemRepository;
import tallystick.ledger.Reference;
import tallystick.ledger.item.Item;
import tallystick.ledger.mismatch.Verdict;
import tallystick.proto.storage.v1.StoredItem;

/// Items as rows: the columns repeat what is searched and summed.
final class ItemRows {
    private ItemRows() {}

    static ItemRepository.Row row(
            Item item,
            Verdict verdict,
            byte[] key,
            int partition,
            long residue,
            int version,
            long batchId,
            StoredItem stored) {
        return new ItemRepository.Row(
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
                String.join(",", knowing(item)),
                pairs(verdict.pairs()),
                version,
                batchId,
                stored.toByteArray());
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
            case Reference.Order _ -> "order";
        };
    }
}
