package tallystick.serve.web;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Optional;
import java.util.Set;
import tallystick.serve.access.Loopback;
import tallystick.serve.openid.OpenidConfig;

/// How the pages are served.
///
/// @param ledger its name
/// @param zone in which business days begin and end
/// @param cutOff how long after its end the report of a day is due
/// @param version of the program
/// @param host where they are served; another machine may reach it only with `files`
/// @param port 0 takes any that is free
/// @param files certificate and key; empty without TLS
/// @param url of the pages as browsers see them, where a proxy is before them
/// @param openid whom to believe who somebody is, beside passwords
/// @param sessionIdle after which somebody who asked for nothing is signed out
/// @param sessionLength after which everybody is
/// @param drain how long answers in hand have when the server stops
public record WebConfig(
        String ledger,
        ZoneId zone,
        Duration cutOff,
        String version,
        String host,
        int port,
        Optional<Files> files,
        Optional<URI> url,
        Optional<OpenidConfig> openid,
        Duration sessionIdle,
        Duration sessionLength,
        Duration drain) {
    /// Addresses that nobody can come back to.
    private static final Set<String> ANY = Set.of("0.0.0.0", "::", "[::]");

    /// PEM files.
    public record Files(Path certificate, Path key) {}

    public WebConfig {
        if (files.isEmpty() && !Loopback.is(host)) {
            throw new IllegalArgumentException(
                    "address: %s without TLS (expected: a loopback address, or a certificate and its key)"
                            .formatted(host));
        }
        if (url.filter(one -> !isOrigin(one)).isPresent()) {
            throw new IllegalArgumentException(
                    "url: %s (expected: https://host, without a path)".formatted(url.get()));
        }
        if (openid.isPresent() && url.isEmpty() && ANY.contains(host)) {
            throw new IllegalArgumentException(
                    "address: %s (expected with an issuer: the name that browsers use, or the url)"
                            .formatted(host));
        }
        requirePositive("session-idle", sessionIdle);
        requirePositive("session-length", sessionLength);
        requirePositive("drain", drain);
    }

    /// Whether browsers come by TLS, be it that a proxy ends it.
    boolean isSecure() {
        return files.isPresent() || url.isPresent();
    }

    private static boolean isOrigin(URI url) {
        return "https".equals(url.getScheme())
                && url.getHost() != null
                && url.toString().equals("https://" + url.getAuthority())
                && url.getUserInfo() == null;
    }

    private static void requirePositive(String what, Duration value) {
        if (value.isZero() || value.isNegative()) {
            throw new IllegalArgumentException(
                    "%s: %s (expected: more than 0)".formatted(what, value));
        }
    }
}
