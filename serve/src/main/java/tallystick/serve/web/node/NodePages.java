package tallystick.serve.web.node;

import com.google.protobuf.InvalidProtocolBufferException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tallystick.db.query.CoverageReader;
import tallystick.db.query.MismatchReader;
import tallystick.db.write.ProofRepository;
import tallystick.ledger.NodeId;
import tallystick.ledger.mismatch.Code;
import tallystick.proto.storage.v1.StoredGap;
import tallystick.proto.storage.v1.StoredGaps;
import tallystick.proto.v1.Role;
import tallystick.serve.mismatch.MismatchMessages;
import tallystick.serve.web.http.Answer;
import tallystick.serve.web.http.Routes;
import tallystick.serve.web.http.Visit;
import tallystick.serve.web.http.WebProblem;
import tallystick.serve.web.page.LedgerPages;
import tallystick.serve.web.page.Tab;

/// The list of nodes, and each of them. Any thread.
public final class NodePages {
    private static final String PATH = "/nodes";

    /// Of all nodes together.
    private static final int TROUBLES_MAX = 500;

    /// What is wrong with a node itself, or with the proof of it.
    private static final List<Code> TROUBLES =
            List.of(
                    Code.NODE_UNREACHABLE,
                    Code.STREAM_STALLED,
                    Code.GAP_UNPROVEN,
                    Code.HISTORY_REWRITTEN,
                    Code.CHANNEL_DRIFT,
                    Code.NODE_DRIFT,
                    Code.WALLET_DRIFT);

    private final LedgerPages pages;
    private final CoverageReader coverage = new CoverageReader();
    private final ProofRepository proofs = new ProofRepository();
    private final MismatchReader mismatches = new MismatchReader();

    public NodePages(LedgerPages pages) {
        this.pages = pages;
    }

    /// What the template of the list prints.
    ///
    /// @param nodes in the order of their keys
    public record NodeList(List<NodeView> nodes) {}

    public void addTo(Routes routes) {
        routes.get(PATH, Role.ROLE_OPERATOR, this::list);
        routes.get(PATH + "/{key}", Role.ROLE_OPERATOR, this::one);
    }

    private Answer list(Visit visit) {
        return pages.page(
                visit,
                Tab.NODES,
                "Nodes",
                "nodes",
                (connection, _) -> new NodeList(nodes(connection, "")));
    }

    private Answer one(Visit visit) {
        String key = visit.part("key");
        return pages.page(
                visit, Tab.NODES, "Node", "node", (connection, _) -> node(connection, key));
    }

    private NodeView node(Connection connection, String key) throws SQLException {
        NodeView node =
                nodes(connection, key).stream()
                        .findFirst()
                        .orElseThrow(() -> WebProblem.notFound("such node"));
        return new NodeView(
                key,
                node.streams(),
                node.proven(),
                node.troubles(),
                gaps(coverage.gaps(connection, key)));
    }

    /// @param wanted public key; empty for all
    private List<NodeView> nodes(Connection connection, String wanted) throws SQLException {
        Map<String, List<CoverageReader.StreamCoverage>> streams =
                coverage.all(connection).stream()
                        .filter(one -> wanted.isEmpty() || one.node().equals(wanted))
                        .collect(
                                Collectors.groupingBy(
                                        CoverageReader.StreamCoverage::node,
                                        TreeMap::new,
                                        Collectors.toList()));
        Map<String, List<MismatchReader.Row>> troubles =
                mismatches
                        .page(
                                connection,
                                new MismatchReader.Filter(
                                        List.of("OPEN"),
                                        TROUBLES.stream().map(Code::name).toList(),
                                        List.of(),
                                        wanted,
                                        "",
                                        "",
                                        "",
                                        Optional.empty(),
                                        Optional.empty()),
                                new byte[0],
                                TROUBLES_MAX)
                        .stream()
                        .collect(Collectors.groupingBy(MismatchReader.Row::node));
        List<NodeView> result = new ArrayList<>();
        for (Map.Entry<String, List<CoverageReader.StreamCoverage>> node : streams.entrySet()) {
            result.add(
                    new NodeView(
                            node.getKey(),
                            node.getValue(),
                            proofs.last(connection, new NodeId(node.getKey())),
                            troubles.getOrDefault(node.getKey(), List.of()),
                            List.of()));
        }
        return result;
    }

    private static List<NodeView.Gap> gaps(List<byte[]> stored) {
        List<NodeView.Gap> result = new ArrayList<>();
        for (byte[] bytes : stored) {
            try {
                for (StoredGap one : StoredGaps.parseFrom(bytes).getOpenList()) {
                    result.add(
                            new NodeView.Gap(
                                    one.getKind(),
                                    one.getFrom(),
                                    one.getTo(),
                                    MismatchMessages.instant(one.getSinceNs())));
                }
            } catch (InvalidProtocolBufferException e) {
                throw new IllegalStateException("gaps: unreadable (expected: StoredGaps)", e);
            }
        }
        return result.stream().distinct().toList();
    }
}
