package tallystick.ingest.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import tallystick.ingest.NodeConfig;
import tallystick.ingest.check.NodeReport.Finding;
import tallystick.ingest.check.NodeReport.Level;
import tallystick.proto.lnrpc.Chain;
import tallystick.proto.lnrpc.GetInfoResponse;

class JudgeTest {
    private static final Instant NOW = Instant.parse("2026-11-23T00:00:00Z");
    private static final Instant LATER = Instant.parse("2027-11-23T00:00:00Z");

    private final Judge judge = new Judge(InstantSource.fixed(NOW));

    @Test
    void theBakedMacaroonIsJustRight() {
        Finding finding = judged(Arrays.stream(NeededCall.values()).map(NeededCall::permission));

        assertThat(finding.level()).isEqualTo(Level.OK);
        assertThat(finding.text()).isEqualTo("only reads, and only what is needed");
    }

    @Test
    void aReadOnlyMacaroonMayReadMoreThanIsNeeded() {
        Finding finding =
                judged(
                        List.of(
                                new Permission("info", "read"),
                                new Permission("offchain", "read"),
                                new Permission("peers", "read"))
                                .stream());

        assertThat(finding.level()).isEqualTo(Level.OK);
        assertThat(finding.text()).isEqualTo("only reads; not needed: peers:read");
    }

    @Test
    void aMacaroonThatCanSpendIsWarnedOf() {
        Finding finding =
                judged(
                        List.of(
                                new Permission("offchain", "read"),
                                new Permission("offchain", "write"),
                                new Permission("macaroon", "generate"),
                                new Permission("uri", "/routerrpc.Router/SendPaymentV2"))
                                .stream());

        assertThat(finding.level()).isEqualTo(Level.WARNING);
        assertThat(finding.value())
                .isEqualTo(
                        "macaroon:generate, offchain:write, uri:/routerrpc.Router/SendPaymentV2");
        assertThat(finding.text()).contains("perhaps spend").doesNotContain("offchain:read");
    }

    @Test
    void aMacaroonThatEndsSoonIsWarnedOf() {
        Finding soon = judged(List.<Permission>of().stream(), "time-before 2026-12-01T00:00:00Z");
        Finding late = judged(List.<Permission>of().stream(), "time-before 2027-12-01T00:00:00Z");

        assertThat(soon.level()).isEqualTo(Level.WARNING);
        assertThat(soon.text()).contains("ends 2026-12-01T00:00:00Z");
        assertThat(late.level()).isEqualTo(Level.OK);
    }

    @Test
    void certificatesAreJudgedByNameAndEnd() {
        assertThat(certificate("10.0.0.5", LATER, "localhost", "10.0.0.5").level())
                .isEqualTo(Level.OK);
        assertThat(certificate("LND.example.com", LATER, "*.example.com").level())
                .isEqualTo(Level.OK);
        assertThat(certificate("::1", LATER, "0:0:0:0:0:0:0:1").level()).isEqualTo(Level.OK);
        assertThat(certificate("10.0.0.6", LATER, "localhost", "10.0.0.5"))
                .satisfies(f -> assertThat(f.level()).isEqualTo(Level.WARNING))
                .satisfies(f -> assertThat(f.text()).contains("not for 10.0.0.6", "tlsextraip"));
        assertThat(certificate("a.b.example.com", LATER, "*.example.com").level())
                .isEqualTo(Level.WARNING);
        assertThat(certificate("localhost", NOW.plusSeconds(86_400 * 29), "localhost").text())
                .contains("ends in 29 days (expected: at least 30;");
        assertThat(certificate("localhost", NOW.minusSeconds(1), "localhost").text())
                .contains("expired");
    }

    @Test
    void theNodeIsJudgedByNetworkVersionAndSync() {
        GetInfoResponse good =
                GetInfoResponse.newBuilder()
                        .setIdentityPubkey("02aa")
                        .setAlias("Alice")
                        .setVersion("0.21.2-beta commit=v0.21.2-beta")
                        .setBlockHeight(871_204)
                        .setSyncedToChain(true)
                        .setSyncedToGraph(true)
                        .addChains(Chain.newBuilder().setNetwork("mainnet"))
                        .build();

        assertThat(Judge.node(node("localhost"), good))
                .extracting(Finding::text)
                .containsExactly(
                        "02aa calls itself Alice",
                        "lnd 0.21.2-beta",
                        "mainnet",
                        "with chain and graph, at block 871,204");
        assertThat(
                        Judge.node(
                                node("localhost"),
                                good.toBuilder()
                                        .setVersion("0.17.5-beta")
                                        .setChains(0, Chain.newBuilder().setNetwork("testnet"))
                                        .setSyncedToChain(false)
                                        .build()))
                .extracting(Finding::level)
                .containsExactly(Level.OK, Level.WARNING, Level.REFUSED, Level.WARNING);
    }

    @Test
    void theCommandBakesEveryCallThatIsNeeded() {
        List<String> lines = new ArrayList<>(NeededCall.bakeCommand());

        assertThat(lines.removeFirst())
                .isEqualTo("lncli bakemacaroon --save_to tallystick.macaroon \\");
        assertThat(lines).hasSize(NeededCall.values().length).allMatch(l -> l.length() <= 78);
        assertThat(lines.getFirst()).isEqualTo("    uri:/lnrpc.Lightning/GetInfo \\");
        assertThat(lines.getLast()).isEqualTo("    uri:/lnrpc.Lightning/SubscribeTransactions");
    }

    private Finding judged(java.util.stream.Stream<Permission> permissions, String... caveats) {
        String hex = HexFormat.of().formatHex(BakedMacaroon.of(permissions.toList(), caveats));
        return judge.macaroon(Macaroon.decode(hex));
    }

    private Finding certificate(String host, Instant end, String... names) {
        return judge.certificate(
                node(host), new ShownCertificate("CN=node", List.of(names), end, true));
    }

    private static NodeConfig node(String host) {
        return new NodeConfig("alice", host, 10_009, Path.of("tls.cert"), Path.of("m"), "mainnet");
    }
}
