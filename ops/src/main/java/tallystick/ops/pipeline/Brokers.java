package tallystick.ops.pipeline;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.utils.Utils;

/// Looks whether anybody listens where the settings say that brokers are. Kafka's clients go on trying for long, and then do
/// not say why.
final class Brokers {
    /// Twice what a connection over the sea takes when a packet is lost.
    private static final Duration LIMIT = Duration.ofSeconds(3);

    private Brokers() {}

    /// One is enough: it names the others.
    ///
    /// @param bootstrapServers `host:port`, comma-separated; what else it may be, the client judges
    /// @throws KafkaException with the reason for each address when nobody listens at any
    static void requireOne(String bootstrapServers) {
        List<String> addresses =
                Arrays.stream(bootstrapServers.split(",")).map(String::strip).toList();
        StringBuilder reasons = new StringBuilder();
        for (String address : addresses) {
            Optional<String> reason = refusal(address);
            if (reason.isEmpty()) {
                return;
            }
            reasons.append(reasons.isEmpty() ? "" : "; ")
                    .append(address)
                    .append(": ")
                    .append(reason.get());
        }
        throw new KafkaException(reasons.toString());
    }

    private static Optional<String> refusal(String address) {
        String host = Utils.getHost(address);
        Integer port = Utils.getPort(address);
        if (host == null || port == null) {
            return Optional.empty();
        }
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), (int) LIMIT.toMillis());
            return Optional.empty();
        } catch (UnknownHostException _) {
            return Optional.of("unknown host");
        } catch (IOException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }
}
