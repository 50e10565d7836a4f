package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import javax.sql.DataSource;
import tallystick.db.Transactions;
import tallystick.db.write.ItemRepository;
import tallystick.db.write.ItemRepository.StoredBody;
import tallystick.db.write.RefundRepository;
import tallystick.db.write.RefundRepository.Read;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.Payment;
import tallystick.ledger.refund.NodeChain;
import tallystick.ledger.refund.PaymentReading;

/// What the ledger knows of a payment, of the channels that it left by and of how those ended. Any thread.
public final class PaymentBook {
    private static final String PAYMENTS = "PAYMENTS";
    private static final String CHANNELS = "CHANNELS";
    private static final String CHAIN = "CHAIN";

    private final Transactions transactions;
    private final ItemRepository items = new ItemRepository();
    private final RefundRepository repository = new RefundRepository();

    public PaymentBook(DataSource dataSource) {
        this.transactions = new Transactions(dataSource);
    }

    /// The halves of the nodes that made the payment, all of one snapshot. Empty when nothing is known under the hash; without
    /// halves when it is no payment of any node.
    ///
    /// @param hash 64 hex digits; of an AMP payment its set id
    public Optional<List<PaymentReading>> of(String hash) {
        return transactions.read(connection -> read(connection, ItemKey.ofPayment(hash)));
    }

    private Optional<List<PaymentReading>> read(Connection connection, ItemKey key)
            throws SQLException {
        Item item = items(connection, List.of(key)).get(key);
        if (item == null) {
            return Optional.empty();
        }
        List<PaymentReading> result = new ArrayList<>();
        for (Map.Entry<NodeId, Payment> one : item.payments().entrySet()) {
            result.add(reading(connection, one.getKey(), one.getValue()));
        }
        return Optional.of(result);
    }

    private PaymentReading reading(Connection connection, NodeId node, Payment payment)
            throws SQLException {
        Collection<Long> chanIds = new TreeSet<>();
        payment.attempts().values().forEach(attempt -> chanIds.add(attempt.chanId()));
        Map<Long, String> points = repository.points(connection, node.pubkey(), chanIds);
        Map<Long, Channel> channels = channels(connection, node, points);
        Map<String, Read> read = repository.read(connection, node.pubkey());
        Read ofChannels = read.getOrDefault(CHANNELS, Read.NOTHING);
        Read ofChain = read.getOrDefault(CHAIN, Read.NOTHING);
        Read ofPayments = read.getOrDefault(PAYMENTS, Read.NOTHING);
        return new PaymentReading(
                node,
                ofPayments.alias(),
                payment,
                ofPayments.provenUntil(),
                new NodeChain(
                        Math.min(ofChannels.height(), ofChain.height()),
                        earlier(ofChannels.provenUntil(), ofChain.provenUntil()),
                        channels,
                        confirmedAt(connection, node, channels.values())),
                points);
    }

    private static Optional<Instant> earlier(Optional<Instant> a, Optional<Instant> b) {
        return a.flatMap(x -> b.map(y -> x.isBefore(y) ? x : y));
    }

    private Map<Long, Channel> channels(
            Connection connection, NodeId node, Map<Long, String> points) throws SQLException {
        Map<Long, ItemKey> keys = new HashMap<>();
        points.forEach(
                (id, point) -> keys.put(id, ItemKey.of(node, Reference.Channel.ofPoint(point))));
        Map<ItemKey, Item> found = items(connection, keys.values());
        Map<Long, Channel> result = new HashMap<>();
        keys.forEach(
                (id, key) -> {
                    Item item = found.get(key);
                    if (item != null && item.facts().orElse(null) instanceof Channel channel) {
                        result.put(id, channel);
                    }
                });
        return result;
    }

    /// The heights of what spent the outputs of closed channels.
    private Map<String, Integer> confirmedAt(
            Connection connection, NodeId node, Collection<Channel> channels) throws SQLException {
        Map<ItemKey, String> txids = new HashMap<>();
        for (Channel channel : channels) {
            channel.close().resolutions().values().stream()
                    .map(Channel.Resolution::sweepTxid)
                    .filter(txid -> !txid.isEmpty())
                    .forEach(txid -> txids.put(ItemKey.of(node, new Reference.Tx(txid)), txid));
        }
        Map<String, Integer> result = new HashMap<>();
        items(connection, txids.keySet())
                .forEach(
                        (key, item) -> {
                            if (item.facts().orElse(null) instanceof ChainTx tx
                                    && tx.isConfirmed()
                                    && tx.look().blockHeight() > 0) {
                                result.put(txids.get(key), tx.look().blockHeight());
                            }
                        });
        return result;
    }

    /// Those that the ledger has.
    private Map<ItemKey, Item> items(Connection connection, Collection<ItemKey> keys)
            throws SQLException {
        Map<ByteString, ItemKey> wanted = new HashMap<>();
        keys.forEach(key -> wanted.put(ByteString.copyFrom(Digests.itemKey(key)), key));
        Map<ItemKey, Item> result = new HashMap<>();
        for (StoredBody body :
                items.load(
                        connection,
                        wanted.keySet().stream().map(ByteString::toByteArray).toList())) {
            ItemKey key = requireNonNull(wanted.get(ByteString.copyFrom(body.key())));
            result.put(key, ItemCodec.decode(key, body.body()).item());
        }
        return result;
    }
}
