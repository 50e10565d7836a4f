package tallystick.serve;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tallystick.proto.v1.ListMismatchesRequest;
import tallystick.proto.v1.MismatchServiceGrpc;
import tallystick.proto.v1.Role;
import tallystick.proto.v1.WatchMismatchesRequest;
import tallystick.serve.openid.BearerConfig;
import tallystick.serve.testing.TestApi;
import tallystick.serve.testing.TestIssuer;

/// Who gets in with a token, and as what.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BearerIT {
    private static final String AUDIENCE = "tallystick-api";

    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private static final Duration HOUR = Duration.ofHours(1);

    private static final List<String> VIEWERS = List.of("viewers");

    private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);

    private TestIssuer issuer;
    private TestApi api;
    private ManagedChannel connection;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        issuer = new TestIssuer(directory);
        api =
                new TestApi(
                        directory,
                        config("127.0.0.1", Optional.empty()),
                        () -> Instant.now().plus(ahead.get()));
        connection = api.plain();
        // Something for every stream to begin with.
        api.ledger()
                .execute(
                        "INSERT INTO ledger.coverage VALUES (0, '%s', 'INVOICES', 'alice', NULL, 0, now(), false)"
                                .formatted("02" + "a".repeat(64)));
    }

    @AfterAll
    void stop() {
        api.close();
        issuer.close();
    }

    private BearerConfig config(String host, Optional<BearerConfig.Tls> tls) {
        return new BearerConfig(host, 0, tls, false, AUDIENCE, issuer.config(TestIssuer.GENUINE));
    }

    @TestFactory
    Stream<DynamicTest> everyMethodIsForItsRoleAlone() throws Exception {
        return Contract.methods().stream()
                .flatMap(
                        method ->
                                TestApi.roles().stream()
                                        .map(
                                                role ->
                                                        DynamicTest.dynamicTest(
                                                                "%s as %s"
                                                                        .formatted(
                                                                                method,
                                                                                TestApi.name(role)),
                                                                () -> isForItsRole(method, role))));
    }

    private void isForItsRole(Contract.Method method, Role role) {
        String name = TestApi.name(role);
        Code found = method.call(with(token(name, name, List.of(name + "s")))).getCode();
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
        assertThat(method.call(connection).getCode()).isEqualTo(Code.UNAUTHENTICATED);
    }

    @Test
    void aTokenMustBeOfTheIssuerForThisApiAndOfNow() throws Exception {
        assertThat(list(token("1", "anna", VIEWERS))).isEqualTo(Code.OK);
        assertThat(
                        list(
                                issuer.token(
                                        TestIssuer.GENUINE,
                                        "1",
                                        TestIssuer.CLIENT,
                                        "anna",
                                        VIEWERS,
                                        HOUR)))
                .as("for the pages")
                .isEqualTo(Code.UNAUTHENTICATED);
        assertThat(
                        list(
                                issuer.token(
                                        TestIssuer.GENUINE,
                                        "1",
                                        AUDIENCE,
                                        "anna",
                                        VIEWERS,
                                        Duration.ofMinutes(-1))))
                .as("expired")
                .isEqualTo(Code.UNAUTHENTICATED);
        assertThat(list(issuer.token(TestIssuer.FORGED, "1", AUDIENCE, "anna", VIEWERS, HOUR)))
                .as("of another issuer")
                .isEqualTo(Code.UNAUTHENTICATED);
        assertThat(list("nonsense")).isEqualTo(Code.UNAUTHENTICATED);
        String token = token("1", "anna", VIEWERS);
        assertThat(list(token.substring(0, token.lastIndexOf('.') + 1) + "AAAA"))
                .as("signed by nobody")
                .isEqualTo(Code.UNAUTHENTICATED);
    }

    @Test
    void aTokenMustBeSignedByAKeyThatOnlyTheIssuerHas() throws Exception {
        JWTClaimsSet claims = SignedJWT.parse(token("1", "anna", VIEWERS)).getJWTClaimsSet();
        var signed =
                new SignedJWT(
                        new JWSHeader.Builder(JWSAlgorithm.HS256).keyID(TestIssuer.GENUINE).build(),
                        claims);
        signed.sign(new MACSigner("a secret that whoever guesses it has".getBytes(UTF_8)));

        assertThat(list(signed.serialize())).isEqualTo(Code.UNAUTHENTICATED);
        assertThat(list(new PlainJWT(claims).serialize())).isEqualTo(Code.UNAUTHENTICATED);
    }

    @Test
    void oneTokenIsShownInOneWay() {
        String token = token("1", "anna", VIEWERS);
        assertThat(list(headers("bearer " + token))).isEqualTo(Code.OK);
        assertThat(list(headers("Basic " + token))).isEqualTo(Code.UNAUTHENTICATED);
        assertThat(list(headers("Bearer " + token, "Bearer " + token)))
                .isEqualTo(Code.UNAUTHENTICATED);
    }

    @Test
    void whoHasNoListedGroupMayNothing() {
        assertThat(list(token("2", "bert", List.of("guests")))).isEqualTo(Code.PERMISSION_DENIED);
    }

    @Test
    void aNameIsOnePersons() {
        assertThat(list(token("3", "carl", VIEWERS))).isEqualTo(Code.OK);
        assertThat(list(token("4", "carl", VIEWERS))).isEqualTo(Code.PERMISSION_DENIED);
        assertThat(list(token("3", "dora", VIEWERS))).isEqualTo(Code.PERMISSION_DENIED);
    }

    @Test
    void aStreamEndsWithItsToken() throws Exception {
        var stream =
                MismatchServiceGrpc.newBlockingV2Stub(with(token("1", "anna", VIEWERS)))
                        .withDeadlineAfter(60, TimeUnit.SECONDS)
                        .watchMismatches(WatchMismatchesRequest.getDefaultInstance());
        assertThat(requireNonNull(stream.read()).hasPlace()).isTrue();
        ahead.set(HOUR.plusMinutes(1));
        try {
            assertThatThrownBy(
                            () -> {
                                while (stream.read() != null) {
                                    // Until it ends.
                                }
                            })
                    .isInstanceOfSatisfying(
                            StatusException.class,
                            e ->
                                    assertThat(e.getStatus().getCode())
                                            .isEqualTo(Code.UNAUTHENTICATED));
        } finally {
            ahead.set(Duration.ZERO);
        }
    }

    @Test
    void byTlsNoCertificateIsAskedFor(@TempDir Path directory) throws Exception {
        var tls =
                new BearerConfig.Tls(
                        directory.resolve("server.crt"), directory.resolve("server.key"));
        try (var secured =
                new TestApi(directory, config("127.0.0.1", Optional.of(tls)), Instant::now)) {
            ManagedChannel channel =
                    secured.certificates()
                            .channelWithoutCertificate(
                                    secured.server().tokenAddress().orElseThrow());
            try {
                Channel annas =
                        ClientInterceptors.intercept(
                                channel, attached("Bearer " + token("1", "anna", VIEWERS)));
                assertThat(list(annas)).isEqualTo(Code.OK);
                assertThat(list(channel)).isEqualTo(Code.UNAUTHENTICATED);
                assertThat(list(secured.plain())).isEqualTo(Code.UNAVAILABLE);
            } finally {
                channel.shutdownNow();
            }
        }
    }

    @Test
    void withoutTlsOnlyThisMachineReachesIt() {
        assertThatThrownBy(() -> config("0.0.0.0", Optional.empty()))
                .hasMessageContaining("address: 0.0.0.0 without TLS");
        assertThat(
                        new BearerConfig(
                                        "0.0.0.0",
                                        0,
                                        Optional.empty(),
                                        true,
                                        AUDIENCE,
                                        issuer.config(TestIssuer.GENUINE))
                                .host())
                .isEqualTo("0.0.0.0");
        assertThatThrownBy(
                        () ->
                                new BearerConfig(
                                        "127.0.0.1",
                                        0,
                                        Optional.empty(),
                                        false,
                                        TestIssuer.CLIENT,
                                        issuer.config(TestIssuer.GENUINE)))
                .hasMessageContaining("audience: tallystick (expected");
    }

    private String token(String subject, String name, List<String> groups) {
        return issuer.token(TestIssuer.GENUINE, subject, AUDIENCE, name, groups, HOUR);
    }

    private Code list(String token) {
        return list(with(token));
    }

    private Channel with(String token) {
        return headers("Bearer " + token);
    }

    private Channel headers(String... values) {
        return ClientInterceptors.intercept(connection, attached(values));
    }

    private static io.grpc.ClientInterceptor attached(String... values) {
        var headers = new Metadata();
        for (String value : values) {
            headers.put(AUTHORIZATION, value);
        }
        return MetadataUtils.newAttachHeadersInterceptor(headers);
    }

    private static Code list(Channel channel) {
        try {
            var _ =
                    MismatchServiceGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(60, TimeUnit.SECONDS)
                            .listMismatches(ListMismatchesRequest.getDefaultInstance());
            return Code.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
    }
}
