package tallystick.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class IngestConfigTest {
    private static final NodeConfig ALICE = node("alice", 10_009, "regtest");

    @Test
    void namesWhatASweepAndTheStreamsCall() {
        assertThat(Ingestor.STREAMS)
                .containsExactlyInAnyOrder(
                        "/lnrpc.Lightning/SubscribeInvoices",
                        "/routerrpc.Router/TrackPayments",
                        "/lnrpc.Lightning/SubscribeChannelEvents",
                        "/lnrpc.Lightning/SubscribeTransactions");
        assertThat(Ingestor.LISTS)
                .containsExactlyInAnyOrder(
                        "/lnrpc.Lightning/GetInfo",
                        "/lnrpc.Lightning/ListInvoices",
                        "/lnrpc.Lightning/ListPayments",
                        "/lnrpc.Lightning/ForwardingHistory",
                        "/lnrpc.Lightning/ListChannels",
                        "/lnrpc.Lightning/PendingChannels",
                        "/lnrpc.Lightning/ClosedChannels",
                        "/lnrpc.Lightning/ChannelBalance",
                        "/lnrpc.Lightning/WalletBalance",
                        "/lnrpc.Lightning/GetTransactions");
    }

    @Test
    void refusesWhatCannotBe() {
        assertThatThrownBy(() -> node("a b", 1, "regtest"))
                .hasMessageStartingWith("node.alias: a b");
        assertThatThrownBy(() -> node("a", 0, "regtest")).hasMessageContaining("port: 0");
        assertThatThrownBy(() -> node("a", 1, "main")).hasMessageContaining("network: main");
        assertThatThrownBy(() -> IngestConfig.defaults().withNodes(List.of(ALICE, ALICE)))
                .hasMessage("node.alias: alice (expected: each alias once)");
        assertThatThrownBy(() -> IngestConfig.defaults().withPages(250, 0))
                .hasMessageContaining("ingest.queue-bytes: 0 (expected: more than 0)");
    }

    private static NodeConfig node(String alias, int port, String network) {
        return new NodeConfig(alias, "127.0.0.1", port, Path.of("tls.cert"), Path.of("m"), network);
    }
}
