package tallystick.ingest.known;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.time.Instant;
import tallystick.ingest.record.Digest;
import tallystick.ingest.record.NodeRecord;
import tallystick.ledger.NodeId;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.ForwardRecord;
import tallystick.proto.v1.HtlcState;
import tallystick.proto.v1.PaymentRecord;
import tallystick.proto.v1.PaymentState;
import tallystick.proto.v1.Source;

/// One reading of one fact.
///
/// @param key the digest that all readings of the fact share
/// @param content the digest of what this one says
/// @param observation how it came to us
public record Fact(
        NodeRecord record, Digest key, Digest content, Standing standing, Observation observation) {
    /// The list that counts it.
    public NodeList list() {
        return standing.list();
    }

    /// Its index in that list; 0 where there is none.
    public long index() {
        return standing.index();
    }

    /// @param chainHeight of the node's chain as it was last seen
    public static Fact of(
            NodeId node, NodeRecord record, Observation observation, int chainHeight) {
        byte[] pubkey = Digest.part(node.pubkey());
        byte[] topic = Digest.part(record.topic().name());
        return new Fact(
                record,
                Digest.of(pubkey, topic, Digest.part(record.naturalKey()), moment(record)),
                Digest.of(
                        pubkey,
                        topic,
                        Digest.part(Integer.toString(observation.indexEpoch())),
                        comparable(record.facts()).toByteArray()),
                Standing.of(record, chainHeight),
                observation);
    }

    /// The same of a transaction, told as a change of what the node had said before.
    public Fact asChange() {
        if (!(record.facts() instanceof ChainRecord transaction)) {
            return this;
        }
        return new Fact(
                record.with(transaction.toBuilder().setStoodOtherwise(true).build()),
                key,
                content,
                standing,
                observation);
    }

    /// True of a transaction that is known to have stood otherwise before.
    public boolean isChange() {
        return record.facts() instanceof ChainRecord transaction && transaction.getStoodOtherwise();
    }

    /// A forward of one HTLC can be listed twice, with two times. Each is as final as the other.
    private static byte[] moment(NodeRecord record) {
        return record.facts() instanceof ForwardRecord forward
                ? Digest.part(Long.toString(forward.getSettledAtNs()))
                : new byte[0];
    }

    /// lnd deletes the failed attempts of a payment some time after it succeeded; that is no news.
    private static Message comparable(Message facts) {
        if (!(facts instanceof PaymentRecord payment)
                || payment.getState() != PaymentState.PAYMENT_STATE_SUCCEEDED) {
            return facts;
        }
        return payment.toBuilder()
                .clearResolvedAtNs()
                .clearAttempts()
                .addAllAttempts(
                        payment.getAttemptsList().stream()
                                .filter(a -> a.getState() != HtlcState.HTLC_STATE_FAILED)
                                .toList())
                .build();
    }

    /// How a reading came to us.
    ///
    /// @param indexEpoch readings with renumbered indexes are news
    /// @param messageType full name of the type of `message`; empty when no message says so
    /// @param message the node's own bytes
    public record Observation(
            Instant at, Source source, int indexEpoch, String messageType, ByteString message) {}
}
