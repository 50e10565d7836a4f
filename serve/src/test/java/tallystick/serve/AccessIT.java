package tallystick.serve;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.rpc.RetryInfo;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.StatusProto;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServiceResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tallystick.proto.v1.ListMismatchesRequest;
import tallystick.proto.v1.MismatchServiceGrpc;
import tallystick.proto.v1.Role;
import tallystick.serve.access.AccessException;
import tallystick.serve.testing.FakeDecisions;
import tallystick.serve.testing.FakeEntries;
import tallystick.serve.testing.TestApi;
import tallystick.serve.testing.TestAuthority;

/// Who gets in, and as what.
class AccessIT {
    private static final String ANNA = TestApi.subject("anna");

    @TempDir Path directory;

    private TestApi api;

    @BeforeEach
    void start() throws Exception {
        api = new TestApi(directory);
        // Something for every stream to begin with.
        api.ledger()
                .execute(
                        "INSERT INTO ledger.coverage VALUES (0, '%s', 'INVOICES', 'alice', NULL, 0, now(), false)"
                                .formatted("02" + "a".repeat(64)));
    }

    @AfterEach
    void stop() {
        api.close();
    }

    @TestFactory
    Stream<DynamicTest> everyMethodIsForItsRoleAlone() throws IOException {
        return Contract.methods().stream()
                .flatMap(method -> TestApi.roles().stream().map(role -> expectation(method, role)));
    }

    private DynamicTest expectation(Contract.Method method, Role role) {
        return DynamicTest.dynamicTest(
                "%s as %s".formatted(method, TestApi.name(role)),
                () -> {
                    Code found = method.call(api.as(role)).getCode();
                    if (role == method.role()) {
                        assertThat(found)
                                .isNotIn(
                                        Code.PERMISSION_DENIED,
                                        Code.UNAUTHENTICATED,
                                        Code.UNIMPLEMENTED,
                                        Code.INTERNAL,
                                        Code.UNKNOWN);
                    } else {
                        assertThat(found).isEqualTo(Code.PERMISSION_DENIED);
                    }
                });
    }

    @Test
    void nobodyGetsInWithoutACertificateThatAKnownAuthorityMade() throws Exception {
        var stranger = new TestAuthority("CN=authority,O=Shop");

        assertThat(list(api.withoutCertificate())).isEqualTo(Code.UNAVAILABLE);
        assertThat(list(api.as(stranger.issue(TestApi.subject("viewer")))))
                .isEqualTo(Code.UNAVAILABLE);
        assertThat(
                        list(
                                api.as(
                                        api.authority()
                                                .issue(
                                                        TestApi.subject("viewer"),
                                                        Instant.now().minusSeconds(60)))))
                .isEqualTo(Code.UNAVAILABLE);
        assertThat(list(api.as(api.authority().issue(ANNA)))).isEqualTo(Code.PERMISSION_DENIED);
        assertThat(list(api.as(Role.ROLE_VIEWER))).isEqualTo(Code.OK);
    }

    @Test
    void whoIsTakenFromTheListIsOutAtOnceOnAnOldConnectionToo() throws Exception {
        Files.writeString(api.files().clients(), "viewer " + ANNA);
        api.server().reload();
        Channel anna = api.as(api.authority().issue(ANNA));
        assertThat(list(anna)).isEqualTo(Code.OK);

        Files.writeString(api.files().clients(), "# nobody\n\n");
        api.server().reload();

        assertThat(list(anna)).isEqualTo(Code.PERMISSION_DENIED);
    }

    @Test
    void anAuthorityIsExchangedWithoutARestart() throws Exception {
        Channel old = api.as(Role.ROLE_VIEWER);
        assertThat(list(old)).isEqualTo(Code.OK);
        var next = new TestAuthority("CN=next,O=Shop");
        TestAuthority.Issued renewed = next.issue(TestApi.subject("viewer"));

        Files.writeString(
                api.files().authorities(), api.authority().certificate() + next.certificate());
        api.server().reload();

        // A client of Java shows a certificate only where its authority is among those that the
        // server names.
        assertThat(list(api.as(renewed))).isEqualTo(Code.OK);
        assertThat(list(old)).isEqualTo(Code.OK);

        Files.writeString(api.files().authorities(), next.certificate());
        api.server().reload();

        assertThat(list(old)).isEqualTo(Code.UNAUTHENTICATED);
        assertThat(list(api.anewAs(Role.ROLE_VIEWER))).isEqualTo(Code.UNAVAILABLE);
        assertThat(list(api.as(renewed))).isEqualTo(Code.OK);
    }

    @Test
    void theServersCertificateIsExchangedWithoutARestart() throws Exception {
        api.certificates().identify(api.authority().issue("CN=renewed"));
        api.server().reload();

        assertThat(shown("TLSv1.3")).isEqualTo("CN=renewed");
        assertThat(list(api.as(Role.ROLE_VIEWER))).isEqualTo(Code.OK);
    }

    @Test
    void filesThatCannotBeUsedChangeNothing() throws Exception {
        Channel viewer = api.as(Role.ROLE_VIEWER);

        Files.writeString(api.files().clients(), "ruler " + ANNA);
        api.server().reload();
        // The certificate is there, its key is not yet.
        Files.writeString(
                api.files().certificate(), api.authority().issue("CN=half").certificate());
        api.server().reload();

        assertThat(list(viewer)).isEqualTo(Code.OK);
        assertThat(shown("TLSv1.3")).isEqualTo("CN=server");
        assertThatThrownBy(() -> new TestApi(directory.resolve("none")))
                .isInstanceOf(IOException.class);
    }

    @Test
    void aListOfClientsTellsAllThatIsWrongWithIt() throws Exception {
        Files.writeString(
                api.files().clients(),
                """
                # roles and subject
                viewer CN=anna,O=Shop
                viewer,king CN=bob
                viewer
                viewer O=Shop
                auditor CN=anna,O=Bank
                viewer CN=local operator
                """);

        assertThatThrownBy(
                        () ->
                                ApiServer.start(
                                        new ServeConfig(
                                                TestApi.LEDGER,
                                                ZoneOffset.UTC,
                                                "test",
                                                "127.0.0.1",
                                                0,
                                                Optional.of(api.files()),
                                                Optional.empty(),
                                                false,
                                                1,
                                                Duration.ofMinutes(1),
                                                Duration.ofSeconds(1)),
                                        api.ledger().dataSource(),
                                        new FakeDecisions(),
                                        new FakeEntries(),
                                        Instant::now))
                .isInstanceOf(AccessException.class)
                .hasMessageContainingAll(
                        "line 3: king (expected: roles, of [viewer, preparer, approver, auditor, bookkeeper, operator])",
                        "line 4: viewer (expected: roles, a blank, and the subject",
                        "line 5: O=Shop (expected: a subject with one common name",
                        "line 6: anna (expected: a common name that no other client has)",
                        "line 7: CN=local operator (expected:");
    }

    @Test
    void olderTlsIsRefused() {
        assertThatThrownBy(() -> shown("TLSv1.2")).isInstanceOf(SSLException.class);
    }

    @Test
    void aMessageThatIsTooLargeIsRefused() throws Exception {
        assertThat(
                        status(
                                        api.as(Role.ROLE_VIEWER),
                                        ListMismatchesRequest.newBuilder()
                                                .setReference("x".repeat(2 << 20))
                                                .build())
                                .getCode())
                .isEqualTo(Code.RESOURCE_EXHAUSTED);
    }

    @Test
    void whoCallsTooOftenIsToldWhenToTryAgain() throws Exception {
        try (var slow = new TestApi(Files.createDirectory(directory.resolve("slow")), 1)) {
            Channel viewer = slow.as(Role.ROLE_VIEWER);
            assertThat(list(viewer)).isEqualTo(Code.OK);
            assertThat(list(viewer)).isEqualTo(Code.OK);

            assertThatThrownBy(
                            () ->
                                    MismatchServiceGrpc.newBlockingStub(viewer)
                                            .listMismatches(
                                                    ListMismatchesRequest.getDefaultInstance()))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e -> {
                                assertThat(e.getStatus().getCode())
                                        .isEqualTo(Code.RESOURCE_EXHAUSTED);
                                assertThat(
                                                requireNonNull(StatusProto.fromThrowable(e))
                                                        .getDetailsList()
                                                        .stream()
                                                        .filter(any -> any.is(RetryInfo.class)))
                                        .hasSize(1);
                            });
            // Others are not held back by it.
            assertThat(
                            new Contract.Method(
                                            "tallystick.v1.MismatchService/ListMismatches",
                                            io.grpc.MethodDescriptor.MethodType.UNARY,
                                            Role.ROLE_VIEWER)
                                    .call(slow.as(Role.ROLE_AUDITOR))
                                    .getCode())
                    .isEqualTo(Code.PERMISSION_DENIED);
        }
    }

    @Test
    void everyClientMayAskForHealth() throws Exception {
        assertThat(
                        HealthGrpc.newBlockingStub(api.as(Role.ROLE_BOOKKEEPER))
                                .check(HealthCheckRequest.getDefaultInstance())
                                .getStatus())
                .isEqualTo(ServingStatus.SERVING);
    }

    @Test
    void everyClientMayAskForTheContractWhereItIsSet() throws Exception {
        ServerReflectionRequest services =
                ServerReflectionRequest.newBuilder().setListServices("").build();
        var call =
                ServerReflectionGrpc.newBlockingV2Stub(api.as(Role.ROLE_BOOKKEEPER))
                        .withDeadlineAfter(60, TimeUnit.SECONDS)
                        .serverReflectionInfo();
        call.write(services);

        assertThat(requireNonNull(call.read()).getListServicesResponse().getServiceList())
                .extracting(ServiceResponse::getName)
                .contains("tallystick.v1.MismatchService");
    }

    private static Code list(Channel channel) {
        return status(channel, ListMismatchesRequest.getDefaultInstance()).getCode();
    }

    private static Status status(Channel channel, ListMismatchesRequest request) {
        try {
            var _ = MismatchServiceGrpc.newBlockingStub(channel).listMismatches(request);
            return Status.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus();
        }
    }

    /// The subject that the server shows to somebody who speaks no newer TLS.
    private String shown(String protocol) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Anybody()}, new SecureRandom());
        try (SSLSocket socket =
                (SSLSocket)
                        context.getSocketFactory()
                                .createSocket(
                                        api.server().address().getAddress(),
                                        api.server().address().getPort())) {
            socket.setEnabledProtocols(new String[] {protocol});
            socket.startHandshake();
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
                    .getSubjectX500Principal()
                    .getName();
        }
    }

    /// Only looks.
    private static final class Anybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            throw new CertificateException("no client");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
