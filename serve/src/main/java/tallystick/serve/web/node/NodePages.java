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
import tallystick.serve.call.Readings;
import tallystick.serve.mismatch.MismatchMessages;
import tallystick.serve.web.http.Answer;
import tallystick.serve.web.http.Routes;
import tallystick.serve.web.http.Visit;
import tallystick.serve.web.http.WebProblem;
import tallystick.serve.web.page.Frame;
import tallystick.serve.web.page.Frames;
import tallystick.serve.web.page.Tab;
import tallystick.serve.web.page.Templates;

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

    private final Readings readings;
    private final Frames frames;
    private final Templates templates;
    private final CoverageReader coverage = new CoverageReader();
    private final ProofRepository proofs = new ProofRepository();
    private final MismatchReader mismatches = new MismatchReader();

    public NodePages(Readings readings, Frames frames, Templates templates) {
        this.readings = readings;
        this.frames = frames;
        this.templates = templates;
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
        record Read(Frame frame, NodeList list) {}
        Read read =
                readings.read(
                        connection ->
                                new Read(
                                        frames.read(connection, visit, Tab.NODES, "Nodes"),
                                        new NodeList(nodes(connection, ""))));
        return templates.page("nodes", read.frame(), read.list());
    }

    private Answer one(Visit visit) {
        String key = visit.part("key");
        record Read(Frame frame, NodeView node) {}
        Read read =
                readings.read(
                        connection -> {
                            NodeView node =
                                    nodes(connection, key).stream()
                                            .findFirst()
                                            .orElseThrow(() -> WebProblem.notFound("such node"));
                            Frame frame = frames.read(connection, visit, Tab.NODES, "Node");
                            return new Read(
                                    frame,
                                    new NodeView(
                                            key,
                                            node.streams(),
                                            node.proven(),
                                            node.troubles(),
                                            gaps(coverage.gaps(connection, key))));
                        });
        return templates.page("node", read.frame(), read.node());
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
