package tallystick.db.report;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tallystick.db.report.LedgerReading.ChannelProof;
import tallystick.db.report.LedgerReading.NodeProof;
import tallystick.db.write.ProofRepository;
import tallystick.ledger.NodeId;
import tallystick.ledger.proof.Interval;
import tallystick.ledger.proof.Proof;
import tallystick.ledger.proof.Reading;

/// Holds the ledger's accounts against what each node said last, as the proofs that are stored do.
final class ProofReader {
    private static final String NODES =
            """
            SELECT DISTINCT node FROM ledger.node_balance ORDER BY node
            """;

    private ProofReader() {}

    /// @param aliases by node
    static List<NodeProof> read(Connection connection, Map<String, String> aliases)
            throws SQLException {
        ProofRepository proofs = new ProofRepository();
        List<NodeProof> result = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(NODES);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                NodeId node = new NodeId(row.getString(1));
                Optional<Reading> newest = proofs.newest(connection, node);
                if (newest.isPresent()) {
                    Proof proof =
                            Proof.of(
                                    newest.get(),
                                    proofs.accounts(connection, node),
                                    proofs.unconfirmed(connection, node));
                    result.add(proof(proof, aliases.getOrDefault(node.pubkey(), "")));
                }
            }
        }
        return result;
    }

    private static NodeProof proof(Proof proof, String alias) {
        List<ChannelProof> channels = new ArrayList<>();
        List<String> notQuiet = new ArrayList<>();
        proof.channels()
                .forEach(
                        one ->
                                one.residualMsat()
                                        .ifPresentOrElse(
                                                residual -> channels.add(channel(one, residual)),
                                                () -> notQuiet.add(one.channelPoint())));
        return new NodeProof(
                proof.reading().node().pubkey(),
                alias,
                channels,
                notQuiet,
                proof.local(),
                Optional.of(proof.wallet()));
    }

    private static ChannelProof channel(
            tallystick.ledger.proof.ChannelProof channel, long residualMsat) {
        Interval claim = channel.figures().claim();
        return new ChannelProof(
                channel.channelPoint(),
                channel.ledgerMsat(),
                claim.lowMsat(),
                claim.highMsat(),
                residualMsat);
    }
}
