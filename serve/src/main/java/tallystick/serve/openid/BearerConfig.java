package tallystick.serve.openid;

import java.nio.file.Path;
import java.util.Optional;
import tallystick.serve.access.Loopback;

/// How the API is served to clients that show tokens.
///
/// @param host where it listens
/// @param port 0 takes any that is free
/// @param tls certificate and key; empty without TLS
/// @param isBehindProxy whether a proxy of ours, on another machine, ends TLS
/// @param audience that tokens must be for
/// @param openid whose tokens they are
public record BearerConfig(
        String host,
        int port,
        Optional<Tls> tls,
        boolean isBehindProxy,
        String audience,
        OpenidConfig openid) {
    /// PEM files.
    public record Tls(Path certificate, Path key) {}

    public BearerConfig {
        if (tls.isEmpty() && !isBehindProxy && !Loopback.is(host)) {
            throw new IllegalArgumentException(
                    "address: %s without TLS (expected: a loopback address, a certificate and its key, or behind-proxy)"
                            .formatted(host));
        }
        // Else whoever gets hold of what the pages are sent could call in a person's name.
        if (audience.isBlank() || audience.equals(openid.clientId())) {
            throw new IllegalArgumentException(
                    "audience: %s (expected: a name of the API's own, not the pages')"
                            .formatted(audience));
        }
    }
}
