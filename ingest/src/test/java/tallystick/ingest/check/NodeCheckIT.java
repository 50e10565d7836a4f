package tallystick.ingest.check;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.NodeConfig;
import tallystick.ingest.check.NodeReport.Finding;
import tallystick.ingest.check.NodeReport.Level;
import tallystick.ingest.check.NodeReport.Subject;
import tallystick.proto.lnrpc.WalletState;

@Timeout(60)
class NodeCheckIT {
    private static final Instant NOW = Instant.parse("2026-11-24T00:00:00Z");
    private static final List<Permission> LEAST =
            Arrays.stream(NeededCall.values()).map(NeededCall::permission).toList();

    private static final List<String> STREAMS =
            List.of(
                    "/lnrpc.Lightning/SubscribeInvoices",
                    "/lnrpc.Lightning/SubscribeChannelEvents",
                    "/lnrpc.Lightning/SubscribeTransactions",
                    "/routerrpc.Router/TrackPayments");

    @TempDir private Path directory;
    private ScriptedNode node;

    @BeforeEach
    void startNode() throws IOException {
        node = ScriptedNode.start(directory);
        node.bake(BakedMacaroon.of(LEAST));
    }

    @AfterEach
    void stopNode() {
        node.close();
    }

    @Test
    void aGoodNodeIsReady() throws Exception {
        NodeReport report = check(node.config());

        assertThat(report.trouble()).isEmpty();
        assertThat(report.warnings()).isZero();
        assertThat(report.wantsAnotherMacaroon()).isFalse();
        assertThat(report.findings())
                .extracting(Finding::subject)
                .containsExactly(
                        Subject.ADDRESS,
                        Subject.TLS,
                        Subject.WALLET,
                        Subject.NODE,
                        Subject.VERSION,
                        Subject.NETWORK,
                        Subject.SYNC,
                        Subject.MACAROON,
                        Subject.CALLS);
        assertThat(finding(report, Subject.NODE).value()).isEqualTo(ScriptedNode.PUBKEY);
        assertThat(finding(report, Subject.TLS).text())
                .isEqualTo("CN=node,O=test node, for localhost, 127.0.0.1, valid until 2126-10-30");
        assertThat(finding(report, Subject.CALLS).text())
                .isEqualTo("all 16 that are needed are granted");
        assertThat(node.asked)
                .hasSize(13)
                .contains("/lnrpc.State/SubscribeState", NeededCall.TRACK_PAYMENT.rpc())
                .doesNotContainAnyElementsOf(STREAMS);
    }

    @Test
    void streamsAreOpenedOnlyWhereTheMacaroonDoesNotTell() throws Exception {
        node.bake(BakedMacaroon.of(LEAST, "time-before 2126-12-01T00:00:00Z", "ipaddr 127.0.0.1"));
        assertThat(check(node.config()).trouble()).isEmpty();
        assertThat(node.asked).doesNotContainAnyElementsOf(STREAMS);

        node.bake(BakedMacaroon.of(LEAST, "lnd-custom account 7"));
        assertThat(check(node.config()).trouble()).isEmpty();
        assertThat(node.asked).containsAll(STREAMS);

        node.asked.clear();
        node.bake("of another kind".getBytes(US_ASCII));
        assertThat(check(node.config()).trouble()).isEmpty();
        assertThat(node.asked).containsAll(STREAMS);
    }

    @Test
    void callsThatAreNotGrantedAreNamed() throws Exception {
        node.bake(BakedMacaroon.of(List.of(new Permission("info", "read"))));
        node.denied.add(NeededCall.SUBSCRIBE_INVOICES.rpc());
        node.denied.add(NeededCall.LOOKUP_INVOICE.rpc());
        node.unknown.add(NeededCall.TRACK_PAYMENTS.rpc());

        NodeReport report = check(node.config());

        assertThat(report.trouble()).contains(ErrorCode.USER);
        assertThat(report.wantsAnotherMacaroon()).isTrue();
        Finding calls = finding(report, Subject.CALLS);
        assertThat(calls.value()).isEqualTo("13/16");
        assertThat(calls.text())
                .startsWith(
                        "3 of 16 are not granted: SubscribeInvoices, LookupInvoice, TrackPayments.")
                .contains("permission denied", "lnd 0.18 or newer");
    }

    @Test
    void aMacaroonOfAnotherNodeGrantsNothing() throws Exception {
        node.bake(BakedMacaroon.of(LEAST));
        Files.write(directory.resolve("node.macaroon"), BakedMacaroon.of(LEAST, "other node"));

        NodeReport report = check(node.config());

        assertThat(report.trouble()).contains(ErrorCode.USER);
        assertThat(finding(report, Subject.CALLS).text())
                .startsWith("16 of 16 are not granted: none at all.")
                .contains("verification failed");
    }

    @Test
    void aMacaroonThatCanSpendIsWarnedOf() throws Exception {
        node.bake(BakedMacaroon.of(List.of(new Permission("onchain", "write"))));

        NodeReport report = check(node.config());

        assertThat(report.trouble()).isEmpty();
        assertThat(report.wantsAnotherMacaroon()).isTrue();
        assertThat(finding(report, Subject.MACAROON).value()).isEqualTo("onchain:write");
    }

    @Test
    void aLockedWalletIsSaidWithWhatToDo() throws Exception {
        node.wallet = WalletState.LOCKED;

        NodeReport report = check(node.config());

        assertThat(report.trouble()).contains(ErrorCode.EXTERNAL);
        assertThat(finding(report, Subject.WALLET).text()).contains("`lncli unlock`");
        assertThat(node.asked).containsExactly("/lnrpc.State/SubscribeState");
    }

    @Test
    void anotherNetworkIsRefused() throws Exception {
        node.network = "mainnet";

        NodeReport report = check(node.config());

        assertThat(report.trouble()).contains(ErrorCode.USER);
        assertThat(finding(report, Subject.NETWORK).text())
                .isEqualTo("mainnet (expected: regtest, as nodes.alice.network says)");
    }

    @Test
    void anotherCertificateIsShownForWhatItIs() throws Exception {
        node.file("tls.cert", "other.cert");

        NodeReport report = check(node.config());

        assertThat(report.trouble()).contains(ErrorCode.USER);
        assertThat(finding(report, Subject.TLS).text())
                .startsWith("CN=node,O=test node")
                .contains("; not itself in " + directory.resolve("tls.cert"));
        assertThat(finding(report, Subject.WALLET).text())
                .contains("shows another certificate than");
    }

    @Test
    void aCertificateThatEndsSoonIsWarnedOf() throws Exception {
        NodeReport report =
                new NodeCheck(InstantSource.fixed(Instant.parse("2126-10-15T00:00:00Z")))
                        .check(node.config());

        assertThat(report.trouble()).isEmpty();
        assertThat(finding(report, Subject.TLS).level()).isEqualTo(Level.WARNING);
        assertThat(finding(report, Subject.TLS).text()).contains("ends in 15 days");
    }

    @Test
    void nobodyThereAndNoTlsAreToldApart() throws Exception {
        NodeConfig config = node.config();
        node.close();

        try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> hangUp(silent));
            NodeReport noTls = check(at(config, silent.getLocalPort()));
            assertThat(noTls.trouble()).contains(ErrorCode.USER);
            assertThat(finding(noTls, Subject.ADDRESS).text()).contains("not with TLS");
        }
        NodeReport nobody = check(at(config, 1));
        assertThat(nobody.trouble()).contains(ErrorCode.EXTERNAL);
        assertThat(finding(nobody, Subject.ADDRESS).text())
                .contains("127.0.0.1:1: Connection refused");
        assertThat(finding(nobody, Subject.MACAROON).level()).isEqualTo(Level.OK);
    }

    @Test
    void missingFilesAreSaid() throws Exception {
        Files.delete(directory.resolve("node.macaroon"));

        NodeReport report = check(node.config());

        assertThat(report.trouble()).contains(ErrorCode.USER);
        assertThat(finding(report, Subject.FILES).text())
                .contains("node.macaroon cannot be read (expected:");
    }

    @Test
    void aProxyIsShownOurCertificate() throws Exception {
        try (var proxied = ScriptedNode.behindProxy(directory.resolve("proxied"))) {
            proxied.bake(BakedMacaroon.of(LEAST));

            NodeReport report = check(with(proxied, "client"));

            assertThat(report.trouble()).isEmpty();
            assertThat(finding(report, Subject.TLS).text())
                    .startsWith("CN=proxy,O=test proxy, for localhost, 127.0.0.1");
        }
    }

    @Test
    void aProxyTurnsOthersAway() throws Exception {
        try (var proxied = ScriptedNode.behindProxy(directory.resolve("proxied"))) {
            proxied.bake(BakedMacaroon.of(LEAST));

            NodeReport none = check(proxied.config());
            NodeReport wrong = check(with(proxied, "stranger"));

            assertThat(none.trouble()).contains(ErrorCode.USER);
            assertThat(finding(none, Subject.WALLET).text())
                    .contains("does not let us in with no certificate of ours")
                    .contains("(expected: nodes.alice.client-certificate and .client-key");
            assertThat(wrong.trouble()).contains(ErrorCode.USER);
            assertThat(finding(wrong, Subject.WALLET).text())
                    .contains("does not let us in with " + directory);
        }
    }

    @Test
    void clientFilesAreReadAnewAndChecked() throws Exception {
        try (var proxied = ScriptedNode.behindProxy(directory.resolve("proxied"))) {
            proxied.bake(BakedMacaroon.of(LEAST));
            NodeConfig config = with(proxied, "stranger");
            assertThat(check(config).trouble()).contains(ErrorCode.USER);

            proxied.file("stranger.cert", "client.cert");
            assertThat(finding(check(config), Subject.FILES).text())
                    .contains(
                            "stranger.key is not the key of", "stranger.cert (expected: that key)");
            proxied.file("stranger.key", "client.key");
            assertThat(check(config).trouble()).isEmpty();

            proxied.file("stranger.key", "client.cert");
            assertThat(finding(check(config), Subject.FILES).text())
                    .contains("client-key", "is no such key (expected: an unencrypted key in PEM");
        }
    }

    private static NodeConfig with(ScriptedNode node, String client) throws IOException {
        return node.config()
                .withClient(
                        new NodeConfig.ClientCertificate(
                                node.file(client + ".cert", client + ".cert"),
                                node.file(client + ".key", client + ".key")));
    }

    private static void hangUp(ServerSocket server) {
        try (var socket = server.accept()) {
            socket.getOutputStream().write("no TLS here\n".getBytes(US_ASCII));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static NodeConfig at(NodeConfig node, int port) {
        return new NodeConfig(
                node.alias(),
                node.host(),
                port,
                node.tlsCertificate(),
                node.macaroon(),
                node.network());
    }

    private static NodeReport check(NodeConfig config) throws InterruptedException {
        return new NodeCheck(InstantSource.fixed(NOW)).check(config);
    }

    private static Finding finding(NodeReport report, Subject subject) {
        Map<Subject, Finding> all = new EnumMap<>(Subject.class);
        report.findings().forEach(finding -> all.put(finding.subject(), finding));
        return requireNonNull(all.get(subject), () -> subject + " in " + report);
    }
}
