package tallystick.ingest;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/// Where a node is and how we may speak to it.
///
/// @param alias our own name for it, for people; unique
/// @param host a name, or an address without brackets
/// @param tlsCertificate the node's own `tls.cert`, or the authority of a proxy before it; nothing else is trusted
/// @param macaroon a macaroon that may read info, invoices, offchain and onchain
/// @param network what the node must be on: mainnet, testnet, signet, regtest or simnet
/// @param client what we show to a proxy that asks who we are; lnd itself never asks
public record NodeConfig(
        String alias,
        String host,
        int port,
        Path tlsCertificate,
        Path macaroon,
        String network,
        Optional<ClientCertificate> client) {
    private static final Set<String> NETWORKS =
            Set.of("mainnet", "testnet", "signet", "regtest", "simnet");
    private static final int PORT_MAX = 65_535;

    /// Files in PEM.
    ///
    /// @param certificate ours, followed by those between it and the authority, if any
    /// @param key unencrypted, PKCS #8
    public record ClientCertificate(Path certificate, Path key) {}

    /// A node that we speak to directly.
    public NodeConfig(
            String alias,
            String host,
            int port,
            Path tlsCertificate,
            Path macaroon,
            String network) {
        this(alias, host, port, tlsCertificate, macaroon, network, Optional.empty());
    }

    public NodeConfig {
        if (!alias.matches("[A-Za-z0-9._-]{1,64}")) {
            throw new IllegalArgumentException(
                    "node.alias: %s (expected: 1 to 64 letters, digits, '.', '_' or '-')"
                            .formatted(alias));
        }
        if (host.isBlank()) {
            throw new IllegalArgumentException(
                    "node %s, host: empty (expected: a name or an address)".formatted(alias));
        }
        if (port < 1 || port > PORT_MAX) {
            throw new IllegalArgumentException(
                    "node %s, port: %d (expected: 1 to %d)".formatted(alias, port, PORT_MAX));
        }
        if (!NETWORKS.contains(network)) {
            throw new IllegalArgumentException(
                    "node %s, network: %s (expected: mainnet, testnet, signet, regtest or simnet)"
                            .formatted(alias, network));
        }
    }

    /// The same node, to which we show a certificate of ours.
    public NodeConfig withClient(ClientCertificate shown) {
        return new NodeConfig(
                alias, host, port, tlsCertificate, macaroon, network, Optional.of(shown));
    }

    /// `host:port`, or `[host]:port` where the host is an address of IPv6.
    public String address() {
        return (host.contains(":") ? "[%s]:%d" : "%s:%d").formatted(host, port);
    }
}
