package tallystick.ingest.known;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tallystick.ingest.record.Digest;

/// The facts that were told last, final ones too. A node says some things twice, and a list that was asked for before a
/// stream's message and arrives after it is behind.
final class Recents {
    /// About half a megabyte.
    private static final int KEPT_MAX = 2_048;

    private final Map<Digest, Recent> byKey = new LinkedHashMap<>();
    private long lastAsked;
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

    /// No list that was asked for before this is still on its way. What came later is kept however much it is.
    void listAsked(long arrival) {
        lastAsked = Math.max(lastAsked, arrival);
        trim();
    }

    void ofPage(NodeList list, long page, long after, Consumer<Recent> each) {
        if (lastArrival <= after) {
            return; // As for every page of a long list, while streams are quiet.
        }
        for (Recent recent : byKey.values()) {
            if (recent.arrival() > after && recent.page() == page && recent.list() == list) {
                each.accept(recent);
            }
        }
    }

    void clear() {
        byKey.clear();
    }

    private void trim() {
        Iterator<Recent> eldest = byKey.values().iterator();
        while (byKey.size() > KEPT_MAX && eldest.next().arrival() <= lastAsked) {
            eldest.remove();
        }
    }
}
