package tallystick.serve;

import java.time.Duration;
import java.time.ZoneId;
import java.util.Optional;
import tallystick.serve.access.AccessFiles;
import tallystick.serve.openid.BearerConfig;

/// How the API is served.
///
/// @param ledger its name
/// @param zone in which business days begin and end
/// @param version of the program
/// @param host where it listens to clients with certificates
/// @param port 0 takes any that is free
/// @param files of these; empty where there are none
/// @param bearer how clients with tokens are answered; empty where there are none
/// @param reflection whether clients may ask for the contract itself
/// @param callsPerSecond that each client may begin
/// @param connectionAge after which a connection is closed in order; the client makes another, perhaps to another instance
/// @param drain how long calls in hand have when the server stops
public record ServeConfig(
        String ledger,
        ZoneId zone,
        String version,
        String host,
        int port,
        Optional<AccessFiles> files,
        Optional<BearerConfig> bearer,
        boolean reflection,
        int callsPerSecond,
        Duration connectionAge,
        Duration drain) {
    private static final int CALLS_MAX = 100_000;

    public ServeConfig {
        if (files.isEmpty() && bearer.isEmpty()) {
            throw new IllegalArgumentException(
                    "clients: none (expected: some with certificates, or with tokens)");
        }
        if (callsPerSecond < 1 || callsPerSecond > CALLS_MAX) {
            throw new IllegalArgumentException(
                    "calls-per-second: %d (expected: 1 to %d)"
                            .formatted(callsPerSecond, CALLS_MAX));
        }
        requirePositive("connection-age", connectionAge);
        requirePositive("drain", drain);
    }

    private static void requirePositive(String what, Duration value) {
        if (value.isZero() || value.isNegative()) {
            throw new IllegalArgumentException(
                    "%s: %s (expected: more than 0)".formatted(what, value));
        }
    }
}
