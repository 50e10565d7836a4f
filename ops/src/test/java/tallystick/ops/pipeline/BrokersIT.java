package tallystick.ops.pipeline;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.Test;

class BrokersIT {
    @Test
    void saysOfEachAddressWhyNobodyIsThere() throws IOException {
        int free = freePort();

        assertThatThrownBy(
                        () ->
                                Brokers.requireOne(
                                        "127.0.0.1:%d, no-such-host.invalid:9092".formatted(free)))
                .isInstanceOf(KafkaException.class)
                .hasMessage(
                        "127.0.0.1:%d: Connection refused; no-such-host.invalid:9092: unknown host",
                        free);
    }

    @Test
    void isContentWithOne() throws IOException {
        int free = freePort();
        try (var listening = listenOnAnyPort()) {
            assertThatCode(
                            () ->
                                    Brokers.requireOne(
                                            "127.0.0.1:%d,SSL://127.0.0.1:%d"
                                                    .formatted(free, listening.getLocalPort())))
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void leavesToTheClientWhatIsNoAddress() {
        assertThatCode(() -> Brokers.requireOne("broker without a port"))
                .doesNotThrowAnyException();
    }

    private static int freePort() throws IOException {
        try (var socket = listenOnAnyPort()) {
            return socket.getLocalPort();
        }
    }

    private static ServerSocket listenOnAnyPort() throws IOException {
        return new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"));
    }
}
