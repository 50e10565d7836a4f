package tallystick.serve.testing;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import tallystick.db.Database;
import tallystick.db.testing.TestDatabase;
import tallystick.proto.v1.Role;
import tallystick.serve.ApiServer;
import tallystick.serve.ServeConfig;
import tallystick.serve.access.AccessFiles;
import tallystick.serve.openid.BearerConfig;

/// A server on a database of its own, with a client for each role that is named after it. Channels that it gave out are closed
/// with it.
public final class TestApi implements AutoCloseable {
    /// The ledger's name.
    public static final String LEDGER = "shop";

    private static final int MANY_CALLS = 10_000;

    private final TestDatabase ledger = TestDatabase.migrated();
    private final Database reader = ledger.connect(tallystick.db.Role.SERVER);
    private final List<ManagedChannel> channels = new ArrayList<>();
    private final Map<Role, ManagedChannel> byRole = new EnumMap<>(Role.class);
    private final FakeDecisions decisions = new FakeDecisions();
    private final FakeEntries entries = new FakeEntries();
    private final AtomicInteger connections = new AtomicInteger();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final TestCertificates certificates;
    private final ApiServer server;

    /// @param directory where certificates and the list of clients lie
    public TestApi(Path directory) throws Exception {
        this(directory, MANY_CALLS);
    }

    /// @param callsPerSecond of each client
    public TestApi(Path directory, int callsPerSecond) throws Exception {
        this(
                directory,
                callsPerSecond,
                Duration.ofMinutes(10),
                Optional.empty(),
                InstantSource.system());
    }

    /// @param bearer how clients with tokens are answered as well
    public TestApi(Path directory, BearerConfig bearer, InstantSource clock) throws Exception {
        this(directory, MANY_CALLS, Duration.ofMinutes(10), Optional.of(bearer), clock);
    }

    /// @param connectionAge after which connections are closed
    public TestApi(Path directory, Duration connectionAge) throws Exception {
        this(directory, MANY_CALLS, connectionAge, Optional.empty(), InstantSource.system());
    }

    private TestApi(
            Path directory,
            int callsPerSecond,
            Duration connectionAge,
            Optional<BearerConfig> bearer,
            InstantSource clock)
            throws Exception {
        certificates = new TestCertificates(directory);
        Files.writeString(files().clients(), everyRole());
        server =
                ApiServer.start(
                        new ServeConfig(
                                LEDGER,
                                ZoneOffset.UTC,
                                "test",
                                "127.0.0.1",
                                0,
                                Optional.of(files()),
                                bearer,
                                true,
                                callsPerSecond,
                                connectionAge,
                                Duration.ofSeconds(5)),
                        counted(reader.dataSource()),
                        decisions,
                        entries,
                        clock,
                        meters);
    }

    /// All that there are.
    public static List<Role> roles() {
        return Arrays.stream(Role.values())
                .filter(role -> role != Role.ROLE_UNSPECIFIED && role != Role.UNRECOGNIZED)
                .toList();
    }

    /// A line for each role, whose client has its name.
    private static String everyRole() {
        return roles().stream()
                .map(TestApi::name)
                .map(name -> "%s %s%n".formatted(name, subject(name)))
                .collect(Collectors.joining());
    }

    /// As the list of clients writes a role.
    public static String name(Role role) {
        return role.name().substring("ROLE_".length()).toLowerCase(Locale.ROOT);
    }

    /// Of somebody in the shop.
    public static String subject(String name) {
        return "CN=%s,O=Shop".formatted(name);
    }

    private DataSource counted(DataSource dataSource) {
        return (DataSource)
                Proxy.newProxyInstance(
                        TestApi.class.getClassLoader(),
                        new Class<?>[] {DataSource.class},
                        (_, method, arguments) -> {
                            if (method.getName().equals("getConnection")) {
                                connections.incrementAndGet();
                            }
                            return method.invoke(dataSource, arguments);
                        });
    }

    /// How often the server has asked the database so far.
    public int readings() {
        return connections.get();
    }

    /// What the server has counted.
    public MeterRegistry meters() {
        return meters;
    }

    public FakeEntries entries() {
        return entries;
    }

    public FakeDecisions decisions() {
        return decisions;
    }

    public TestDatabase ledger() {
        return ledger;
    }

    public AccessFiles files() {
        return certificates.files();
    }

    public TestCertificates certificates() {
        return certificates;
    }

    public TestAuthority authority() {
        return certificates.authority();
    }

    public ApiServer server() {
        return server;
    }

    /// The connection of the client that has this role and no other.
    public ManagedChannel as(Role role) throws Exception {
        ManagedChannel channel = byRole.get(role);
        if (channel == null) {
            channel = anewAs(role);
            byRole.put(role, channel);
        }
        return channel;
    }

    /// A new connection of the client that has this role and no other.
    public ManagedChannel anewAs(Role role) throws Exception {
        return kept(certificates.channel(server.address(), subject(name(role))));
    }

    public ManagedChannel as(TestAuthority.Issued client) throws IOException {
        return kept(certificates.channel(server.address(), client));
    }

    public ManagedChannel withoutCertificate() throws IOException {
        return kept(certificates.channelWithoutCertificate(server.address()));
    }

    /// A connection without TLS, to where tokens are taken.
    public ManagedChannel plain() {
        return kept(
                NettyChannelBuilder.forAddress(server.tokenAddress().orElseThrow())
                        .usePlaintext()
                        .build());
    }

    private ManagedChannel kept(ManagedChannel channel) {
        channels.add(channel);
        return channel;
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
        server.close();
        reader.close();
        ledger.close();
    }
}
