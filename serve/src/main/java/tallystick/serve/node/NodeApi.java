package tallystick.serve.node;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import tallystick.db.query.CoverageReader;
import tallystick.proto.v1.GetCoverageRequest;
import tallystick.proto.v1.GetCoverageResponse;
import tallystick.proto.v1.ListNodesRequest;
import tallystick.proto.v1.ListNodesResponse;
import tallystick.proto.v1.Node;
import tallystick.proto.v1.NodeServiceGrpc;
import tallystick.proto.v1.StreamCoverage;
import tallystick.proto.v1.WatchNodesRequest;
import tallystick.proto.v1.WatchNodesResponse;
import tallystick.serve.call.Problem;
import tallystick.serve.call.Readings;
import tallystick.serve.call.Violations;
import tallystick.serve.ledger.LedgerMessages;
import tallystick.serve.stream.Streams;

/// How the nodes are followed, for other programs. Any thread.
public final class NodeApi extends NodeServiceGrpc.NodeServiceImplBase {
    private static final String WATCH = "tallystick.v1.NodeService/WatchNodes";

    /// Nodes are read every few minutes; what a stream is late by does not matter.
    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private final Readings readings;
    private final Streams streams;
    private final CoverageReader coverage = new CoverageReader();

    public NodeApi(Readings readings, Streams streams) {
        this.readings = readings;
        this.streams = streams;
    }

    @Override
    public void listNodes(ListNodesRequest request, StreamObserver<ListNodesResponse> observer) {
        observer.onNext(ListNodesResponse.newBuilder().addAllNodes(nodes().values()).build());
        observer.onCompleted();
    }

    @Override
    public void getCoverage(
            GetCoverageRequest request, StreamObserver<GetCoverageResponse> observer) {
        String key = request.getNode();
        new Violations()
                .text("node", key)
                .require(!key.isEmpty(), "node", "none", "a public key")
                .refuse();
        Node node = nodes().get(key);
        if (node == null) {
            throw Problem.notFound("node", key);
        }
        observer.onNext(GetCoverageResponse.newBuilder().setNode(node).build());
        observer.onCompleted();
    }

    @Override
    public void watchNodes(WatchNodesRequest request, StreamObserver<WatchNodesResponse> observer) {
        streams.begin(WATCH, (ServerCallStreamObserver<WatchNodesResponse>) observer, this::tell);
    }

    private void tell(Streams.Reader<WatchNodesResponse> reader) throws InterruptedException {
        Map<String, Node> told = new LinkedHashMap<>();
        while (reader.isThere()) {
            for (Node node : nodes().values()) {
                if (!node.equals(told.get(node.getNode()))) {
                    if (!reader.send(WatchNodesResponse.newBuilder().setNode(node).build())) {
                        return;
                    }
                    told.put(node.getNode(), node);
                }
            }
            TimeUnit.NANOSECONDS.sleep(INTERVAL.toNanos());
        }
    }

    /// By public key.
    private Map<String, Node> nodes() {
        return readings.read(coverage::all).stream()
                .collect(
                        Collectors.groupingBy(
                                CoverageReader.StreamCoverage::node,
                                TreeMap::new,
                                Collectors.collectingAndThen(Collectors.toList(), NodeApi::node)));
    }

    private static Node node(List<CoverageReader.StreamCoverage> streams) {
        Node.Builder node =
                Node.newBuilder()
                        .setNode(streams.getFirst().node())
                        .setAlias(streams.getFirst().alias());
        for (CoverageReader.StreamCoverage one : streams) {
            StreamCoverage.Builder stream =
                    StreamCoverage.newBuilder()
                            .setStream(one.stream())
                            .setBlockHeight(one.blockHeight());
            one.provenUntil()
                    .ifPresent(until -> stream.setProvenUntilNs(LedgerMessages.nanos(until)));
            node.addStreams(stream);
        }
        if (streams.stream().allMatch(one -> one.provenUntil().isPresent())) {
            streams.stream()
                    .map(CoverageReader.StreamCoverage::provenUntil)
                    .flatMap(Optional::stream)
                    .min(Comparator.naturalOrder())
                    .ifPresent(until -> node.setCoveredUntilNs(LedgerMessages.nanos(until)));
        }
        return node.build();
    }
}
