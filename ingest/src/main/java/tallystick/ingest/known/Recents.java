package tallystick.ingest.known;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import tallystick.ingest.record.Digest;

/// The facts that were told last, final ones too. A node says some things twice, and a list that was asked for before a
/// stream's message and arrives after it is behind.
final class Recents {
    /// About half a megabyte.
    private static final int KEPT_MAX = 2_048;

    /// While a list is on its way; a node that tells more before it answers is published twice at worst.
    private static final int KEPT_FOR_LISTS_MAX = 30_000;

    private final Map<Digest, Recent> byKey = new LinkedHashMap<>();
    private long keptSince = Long.MAX_VALUE;
    private long lastArrival;

    /// @param arrival when it came, in the order of everything that came
    record Recent(NodeList list, long page, Digest content, long progress, long arrival) {}

    @Nullable Recent find(Digest key) {
        return byKey.get(key);
    }

    void put(Fact fact, long arrival) {
        Standing standing = fact.standing();
        lastArrival = Math.max(lastArrival, arrival);
        byKey.remove(fact.key());
        byKey.put(
                fact.key(),
                new Recent(
                        standing.list(),
                        standing.page(),
                        fact.content(),
                        standing.progress(),
                        arrival));
        trim();
    }

    /// What came after this is kept, as a list that was asked for then may be on its way. Without a list, the latest are.
    void keepSince(long arrival) {
        keptSince = arrival;
        trim();
    }

    void ofPage(NodeList list, long page, long after, BiConsumer<Digest, Digest> each) {
        if (lastArrival <= after) {
            return; // As for every page of a long list, while streams are quiet.
        }
        byKey.forEach(
                (key, recent) -> {
                    if (recent.arrival() > after
                            && recent.page() == page
                            && recent.list() == list) {
                        each.accept(key, recent.content());
                    }
                });
    }

    void clear() {
        byKey.clear();
    }

    private void trim() {
        Iterator<Recent> eldest = byKey.values().iterator();
        while (byKey.size() > KEPT_MAX
                && (eldest.next().arrival() <= keptSince || byKey.size() > KEPT_FOR_LISTS_MAX)) {
            eldest.remove();
        }
    }
}
