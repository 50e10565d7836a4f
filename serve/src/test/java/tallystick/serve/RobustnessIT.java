package tallystick.serve;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.proto.v1.CommentRequest;
import tallystick.proto.v1.ListMismatchesRequest;
import tallystick.proto.v1.MismatchServiceGrpc;
import tallystick.proto.v1.Role;
import tallystick.serve.testing.Browser;
import tallystick.serve.testing.RawConnections;
import tallystick.serve.testing.TestApi;
import tallystick.serve.testing.TestCertificates;
import tallystick.serve.testing.TestWeb;
import tallystick.serve.web.WebConfig;

/// Clients that say nothing, too little, too much or nonsense: they are refused, and others do not notice.
class RobustnessIT {
    private static final int IDLE = 1_000;

    /// More than there are threads for requests.
    private static final int UNFINISHED_FORMS = 650;

    /// The limits are 10 and 15 seconds; a busy machine takes its time.
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final byte[] HELLO_BEGIN = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00};

    /// Of a frame that begins a call on stream 1, and is to be 4 KiB long.
    private static final byte[] HEADERS_BEGIN = {0, 0x10, 0, 1, 4, 0, 0, 0, 1};

    @TempDir Path directory;

    @Test
    void idleClientsOfTheApiAreNoBurden() throws Exception {
        try (var api = new TestApi(directory);
                var idle = new RawConnections(api.server().address())) {
            SSLContext ann =
                    api.certificates().trustAs(api.authority().issue(TestApi.subject("viewer")));
            for (int i = 0; i < IDLE; i++) {
                // The server's own settings. With them comes what makes the next handshake short.
                assertThat(idle.begun(ann).getInputStream().read()).isZero();
            }

            for (int i = 0; i < 50; i++) {
                requireServed(api);
            }
            assertThat(api.meters().get("tallystick.api.connections").gauge().value())
                    .as("each sends its settings before it is counted")
                    .isBetween(IDLE * 0.99, IDLE + 1.0);
        }
    }

    @Test
    void idleBrowsersAreNoBurden() throws Exception {
        var certificates = new TestCertificates(directory);
        try (TestWeb web = encrypted(certificates);
                var idle = new RawConnections(address(web));
                var ann =
                        new Browser(
                                web.url().replace("127.0.0.1", "localhost"),
                                certificates.trust())) {
            SSLContext trust = certificates.trust();
            for (int i = 0; i < IDLE; i++) {
                idle.encrypted(trust, "http/1.1");
            }

            for (int i = 0; i < 20; i++) {
                assertThat(ann.get("/sign-in").statusCode()).isEqualTo(200);
            }
        }
    }

    /// Nobody is waited for without an end, however busy he seems.
    @Test
    void whatDripsInIsEndedAndHoldsUpNobody() throws Exception {
        try (var api = new TestApi(directory, Duration.ofSeconds(8));
                TestWeb pages = new TestWeb(InstantSource.system());
                TestWeb encrypted = encrypted(api.certificates());
                var toApi = new RawConnections(api.server().address());
                var toPages = new RawConnections(address(pages));
                var toEncrypted = new RawConnections(address(encrypted));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            SSLContext ann =
                    api.certificates().trustAs(api.authority().issue(TestApi.subject("viewer")));
            List<Future<Duration>> running =
                    List.of(
                            dripping(threads, toApi.plain(), HELLO_BEGIN),
                            dripping(threads, toEncrypted.plain(), HELLO_BEGIN),
                            dripping(threads, toPages.plain(), bytes("GET / HTTP/1.1\r\nX: ")),
                            dripping(threads, toPages.plain(), form(1_000)),
                            silent(threads, toApi.encrypted(ann, "h2")),
                            // Until the connection comes of age.
                            dripping(threads, toApi.begun(ann), HEADERS_BEGIN));
            for (int i = 0; i < UNFINISHED_FORMS; i++) {
                toPages.plain().getOutputStream().write(form(1_000));
            }

            requireServed(api);
            assertThat(pages.browser().get("/sign-in").statusCode()).isEqualTo(200);
            for (Future<Duration> drip : running) {
                assertThat(drip.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                        .isGreaterThan(Duration.ofSeconds(5));
            }
            requireServed(api);
            assertThat(pages.browser().get("/sign-in").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void theApiRefusesWhatIsTooLargeOrNoMessage() throws Exception {
        try (var api = new TestApi(directory);
                var raw = new RawConnections(api.server().address())) {
            Channel viewer = api.as(Role.ROLE_VIEWER);
            Channel preparer = api.as(Role.ROLE_PREPARER);
            SSLContext ann =
                    api.certificates().trustAs(api.authority().issue(TestApi.subject("viewer")));

            assertThatThrownBy(
                            () ->
                                    MismatchServiceGrpc.newBlockingStub(preparer)
                                            .comment(
                                                    CommentRequest.newBuilder()
                                                            .setText("x".repeat(2 << 20))
                                                            .build()))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e ->
                                    assertThat(e.getStatus().getCode())
                                            .isEqualTo(Status.Code.RESOURCE_EXHAUSTED));
            var metadata = new Metadata();
            metadata.put(
                    Metadata.Key.of("x-large", Metadata.ASCII_STRING_MARSHALLER),
                    "x".repeat(64 << 10));
            assertThatThrownBy(
                            () ->
                                    MismatchServiceGrpc.newBlockingStub(viewer)
                                            .withInterceptors(
                                                    MetadataUtils.newAttachHeadersInterceptor(
                                                            metadata))
                                            .listMismatches(
                                                    ListMismatchesRequest.getDefaultInstance()))
                    .isInstanceOf(StatusRuntimeException.class);
            assertThatThrownBy(() -> callWith(viewer, new byte[] {(byte) 0xff, 1, 2, 3}))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e ->
                                    assertThat(e.getStatus().getCode())
                                            .isEqualTo(Status.Code.UNKNOWN));
            assertThat(RawConnections.answer(raw.plain(), "GET / HTTP/1.1\r\n\r\n"))
                    .doesNotContain("200");
            assertThat(RawConnections.answer(raw.encrypted(ann, "h2"), "GET / HTTP/1.1\r\n\r\n"))
                    .doesNotContain("200 OK");

            requireServed(api);
        }
    }

    @Test
    void thePagesRefuseWhatIsTooLargeOrNoRequest() throws Exception {
        try (TestWeb web = new TestWeb(InstantSource.system());
                var raw = new RawConnections(address(web))) {
            String close = "\r\nHost: x\r\nConnection: close\r\n\r\n";
            assertThat(RawConnections.answer(raw.plain(), "nonsense\r\n\r\n")).contains(" 400 ");
            assertThat(
                            RawConnections.answer(
                                    raw.plain(),
                                    "GET / HTTP/1.1\r\nX: " + "x".repeat(20 << 10) + close))
                    .contains(" 431 ");
            assertThat(
                            RawConnections.answer(
                                    raw.plain(),
                                    "GET /" + "x".repeat(20 << 10) + " HTTP/1.1" + close))
                    .contains(" 414 ");
            assertThat(web.browser().post("/sign-in", "name", "x".repeat(70 << 10)).statusCode())
                    .isEqualTo(413);

            assertThat(web.browser().get("/sign-in").statusCode()).isEqualTo(200);
        }
    }

    private static Future<Duration> dripping(ExecutorService threads, Socket socket, byte[] first) {
        return threads.submit(() -> RawConnections.drip(socket, first));
    }

    private static Future<Duration> silent(ExecutorService threads, Socket socket) {
        return threads.submit(() -> RawConnections.untilEnded(socket));
    }

    private static void requireServed(TestApi api) throws Exception {
        var _ =
                MismatchServiceGrpc.newBlockingStub(api.as(Role.ROLE_VIEWER))
                        .withDeadlineAfter(PATIENCE)
                        .listMismatches(ListMismatchesRequest.getDefaultInstance());
    }

    private static TestWeb encrypted(TestCertificates certificates) {
        return new TestWeb(
                InstantSource.system(),
                "127.0.0.1",
                Optional.of(
                        new WebConfig.Files(
                                certificates.files().certificate(), certificates.files().key())));
    }

    private static InetSocketAddress address(TestWeb web) {
        return new InetSocketAddress(
                InetAddress.getLoopbackAddress(), URI.create(web.url()).getPort());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(US_ASCII);
    }

    /// The head of a form, and the first byte of it.
    private static byte[] form(int length) {
        return bytes(
                "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\na"
                        .formatted(length));
    }

    private static void callWith(Channel channel, byte[] message) {
        var bytes =
                new MethodDescriptor.Marshaller<byte[]>() {
                    @Override
                    public InputStream stream(byte[] value) {
                        return new ByteArrayInputStream(value);
                    }

                    @Override
                    public byte[] parse(InputStream stream) {
                        try {
                            return stream.readAllBytes();
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    }
                };
        var _ =
                ClientCalls.blockingUnaryCall(
                        channel,
                        MismatchServiceGrpc.getListMismatchesMethod().toBuilder(bytes, bytes)
                                .build(),
                        CallOptions.DEFAULT,
                        message);
    }
}
