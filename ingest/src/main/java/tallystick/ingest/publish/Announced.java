package tallystick.ingest.publish;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.ingest.known.Fact;
import tallystick.ingest.record.Digest;
import tallystick.proto.v1.ChainRecord;

/// Unconfirmed transactions that a stream told of and no list has shown yet. A transaction is published with the list that
/// shows it, so that what is known of the wallet fits the balance that was read with the list. One that was replaced before any
/// list showed it was only ever told of here.
///
/// Lost with the process: nothing tells of them again. One thread.
final class Announced {
    /// More are not kept; a wallet makes some in a second at most, and sweeps come every few minutes.
    private static final int KEPT_MAX = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(Announced.class);

    private final Map<Digest, Told> told = new LinkedHashMap<>();

    private record Told(Fact fact, long arrival) {}

    /// @param fact of a transaction that is not known from a list
    /// @param arrival counts everything that came from streams
    void add(Fact fact, long arrival) {
        // What is in a block is in the list, too; and one that is old is told of when the wallet
        // looks through the chain again.
        if (!(fact.record().facts() instanceof ChainRecord transaction)
                || transaction.getIsConfirmed()) {
            return;
        }
        if (told.size() >= KEPT_MAX && !told.containsKey(fact.key())) {
            LOG.atWarn()
                    .addKeyValue("transaction", transaction.getTxid())
                    .addKeyValue("limit", KEPT_MAX)
                    .log(
                            "announced and not kept; if it is replaced before a list shows it, it stays unknown");
            return;
        }
        told.put(fact.key(), new Told(fact, arrival));
    }

    /// A list shows it.
    void listed(Fact fact) {
        told.remove(fact.key());
    }

    /// Those that a complete list lacks, though they had been told of before it was asked for. They are not kept any longer.
    ///
    /// @param asked the arrival of the latest message that had come when the list was asked for
    List<Fact> takeLacking(long asked) {
        List<Fact> lacking = new ArrayList<>();
        for (Iterator<Told> each = told.values().iterator(); each.hasNext(); ) {
            Told one = each.next();
            if (one.arrival() <= asked) {
                lacking.add(one.fact());
                each.remove();
            }
        }
        return lacking;
    }
}
