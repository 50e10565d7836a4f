package tallystick.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.proto.v1.GetCoverageRequest;
import tallystick.proto.v1.ListNodesRequest;
import tallystick.proto.v1.Node;
import tallystick.proto.v1.NodeServiceGrpc;
import tallystick.proto.v1.NodeServiceGrpc.NodeServiceBlockingStub;
import tallystick.proto.v1.Role;
import tallystick.proto.v1.WatchNodesRequest;
import tallystick.proto.v1.WatchNodesResponse;
import tallystick.serve.testing.TestApi;

/// What is told of nodes.
class NodeApiIT {
    private static final String ALICE = "02" + "a".repeat(64);
    private static final String BOB = "03" + "b".repeat(64);

    @TempDir Path directory;

    private TestApi api;
    private NodeServiceBlockingStub nodes;

    @BeforeEach
    void start() throws Exception {
        api = new TestApi(directory);
        nodes =
                NodeServiceGrpc.newBlockingStub(api.as(Role.ROLE_OPERATOR))
                        .withDeadlineAfter(60, TimeUnit.SECONDS);
        api.ledger()
                .execute(
                        """
                        INSERT INTO ledger.coverage (partition_number, node, stream, alias, proven_until, block_height, seen_at,
                                                     has_gaps)
                        VALUES (0, '%1$s', 'INVOICES', 'alice', timestamptz '2026-11-22T10:00:00Z', 100, now(), false),
                               (1, '%1$s', 'INVOICES', 'alice', timestamptz '2026-11-22T09:00:00Z', 99, now(), false),
                               (0, '%1$s', 'PAYMENTS', 'alice', timestamptz '2026-11-22T11:00:00Z', 101, now(), false),
                               (0, '%2$s', 'INVOICES', 'bob', timestamptz '2026-11-22T10:00:00Z', 100, now(), false),
                               (1, '%2$s', 'INVOICES', 'bob', NULL, 100, now(), false)
                        """
                                .formatted(ALICE, BOB));
    }

    @AfterEach
    void stop() {
        api.close();
    }

    @Test
    void aNodeIsCoveredAsFarAsTheLastOfItsStreamsInEveryPartition() {
        Node alice = coverage(ALICE);

        assertThat(nodes.listNodes(ListNodesRequest.getDefaultInstance()).getNodesList())
                .containsExactly(alice, coverage(BOB));
        assertThat(alice.getAlias()).isEqualTo("alice");
        assertThat(alice.getStreamsCount()).isEqualTo(2);
        assertThat(alice.getStreams(0).getBlockHeight()).isEqualTo(99);
        // 09:00, what the slowest partition has applied.
        assertThat(alice.getCoveredUntilNs()).isEqualTo(1_795_338_000_000_000_000L);
        assertThat(coverage(BOB).hasCoveredUntilNs()).isFalse();
    }

    private Node coverage(String node) {
        return nodes.getCoverage(GetCoverageRequest.newBuilder().setNode(node).build()).getNode();
    }

    @Test
    void anUnknownNodeIsNotFound() {
        assertThatThrownBy(() -> coverage("02" + "c".repeat(64)))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageStartingWith("NOT_FOUND: node: 02ccc");
    }

    @Test
    void aWatcherIsToldAllAndThenWhatChanges() {
        Iterator<WatchNodesResponse> stream =
                nodes.watchNodes(WatchNodesRequest.getDefaultInstance());
        assertThat(stream.next().getNode().getAlias()).isEqualTo("alice");
        assertThat(stream.next().getNode().getAlias()).isEqualTo("bob");

        api.ledger()
                .execute(
                        "UPDATE ledger.coverage SET proven_until = timestamptz '2026-11-22T12:00:00Z' WHERE node = '%s'"
                                .formatted(BOB));

        Node bob = stream.next().getNode();
        assertThat(bob).isEqualTo(coverage(BOB));
        assertThat(bob.hasCoveredUntilNs()).isTrue();
    }
}
