package tallystick.simulator.replay;

import java.nio.file.Path;

/// How to reach a replaying node.
///
/// @param alias the name of its recording
/// @param pubkey the recorded node's identity, in hex
/// @param network as lnd names it: mainnet, testnet, signet, regtest or simnet
public record ReplayNode(
        String alias,
        String pubkey,
        String host,
        int port,
        Path tlsCertificate,
        Path macaroon,
        String network) {}
