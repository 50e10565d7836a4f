package tallystick.serve;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.db.DatabaseException;
import tallystick.db.query.LedgerPlace;
import tallystick.db.report.ProofsReader;
import tallystick.report.day.ReportDesk;
import tallystick.serve.access.Access;
import tallystick.serve.access.AccessInterceptor;
import tallystick.serve.access.Admission;
import tallystick.serve.access.MethodRoles;
import tallystick.serve.access.RateLimit;
import tallystick.serve.access.ServerCertificate;
import tallystick.serve.access.Transport;
import tallystick.serve.books.BookApi;
import tallystick.serve.books.Entries;
import tallystick.serve.call.CallMetrics;
import tallystick.serve.call.FailureInterceptor;
import tallystick.serve.call.Readings;
import tallystick.serve.ledger.LedgerApi;
import tallystick.serve.mismatch.Decisions;
import tallystick.serve.mismatch.MismatchApi;
import tallystick.serve.mismatch.Watches;
import tallystick.serve.node.NodeApi;
import tallystick.serve.openid.BearerAdmission;
import tallystick.serve.openid.BearerConfig;
import tallystick.serve.openid.BoundNames;
import tallystick.serve.openid.OpenidProvider;
import tallystick.serve.report.MadeReports;
import tallystick.serve.report.ReportApi;
import tallystick.serve.report.SigningCalls;
import tallystick.serve.stream.Streams;

/// Answers other programs over gRPC. Whoever starts it closes it.
public final class ApiServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);

    /// The largest request is a page's worth of filters; the largest entry of the books a few kilobytes.
    private static final int MESSAGE_BYTES_MAX = 1 << 20;

    private static final int METADATA_BYTES_MAX = 16 << 10;

    private static final int CALLS_PER_CONNECTION_MAX = 100;

    private static final Duration HANDSHAKE_MAX = Duration.ofSeconds(10);

    /// Clients that ping more often are cut off.
    private static final Duration CLIENT_PING_MIN = Duration.ofSeconds(20);

    /// A peer that is gone without a word is noticed after both.
    private static final Duration PING = Duration.ofMinutes(1);

    private static final Duration PING_ANSWER_MAX = Duration.ofSeconds(20);

    private static final Duration IDLE_MAX = Duration.ofMinutes(15);

    /// What a call in hand has when its connection has come of age.
    private static final Duration AGE_GRACE = Duration.ofSeconds(30);

    /// Files that change hold within this time.
    private static final Duration FILES_INTERVAL = Duration.ofSeconds(1);

    /// Watchers learn of a change within this time.
    private static final Duration HEAD_INTERVAL = Duration.ofMillis(200);

    private static final Duration HEALTH_INTERVAL = Duration.ofSeconds(5);

    private final ServeConfig config;
    private final Optional<Door> certificates;
    private final Optional<Door> tokens;
    private final Readings readings;
    private final Streams streams;
    private final Watches watches;
    private final HealthStatusManager health = new HealthStatusManager();
    private final RepeatedWork timer = new RepeatedWork("serve-timer");
    private final ExecutorService calls =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("call-", 0).factory());

    private ApiServer(
            ServeConfig config,
            Doors doors,
            Readings readings,
            Streams streams,
            Watches watches,
            CallMetrics metrics,
            List<BindableService> services) {
        this.config = config;
        this.readings = readings;
        this.streams = streams;
        this.watches = watches;
        List<ServerServiceDefinition> bound =
                services.stream().map(BindableService::bindService).toList();
        MethodRoles roles = MethodRoles.of(bound);
        var rates = new RateLimit(config.callsPerSecond(), System::nanoTime);
        this.certificates =
                doors.certificates()
                        .map(
                                access ->
                                        new Door(
                                                "serve.address",
                                                config.host(),
                                                config.port(),
                                                server(
                                                                config.host(),
                                                                config.port(),
                                                                new AccessInterceptor(
                                                                        access, roles, rates),
                                                                metrics,
                                                                bound)
                                                        .sslContext(Transport.tls(access))
                                                        .addTransportFilter(Transport.peers())
                                                        .build(),
                                                access::reload));
        this.tokens =
                doors.tokens()
                        .map(
                                found -> {
                                    BearerConfig where = found.config();
                                    NettyServerBuilder builder =
                                            server(
                                                    where.host(),
                                                    where.port(),
                                                    new AccessInterceptor(
                                                            found.admission(), roles, rates),
                                                    metrics,
                                                    bound);
                                    found.certificate()
                                            .ifPresent(
                                                    one -> builder.sslContext(Transport.tls(one)));
                                    return new Door(
                                            "serve.bearer.address",
                                            where.host(),
                                            where.port(),
                                            builder.build(),
                                            found::reload);
                                });
    }

    /// How clients come in.
    private record Door(String setting, String host, int port, Server server, Runnable reload) {}

    /// Whom they may be.
    private record Doors(Optional<Access> certificates, Optional<Tokens> tokens) {
        /// @throws tallystick.serve.access.AccessException when a file cannot be used
        static Doors open(ServeConfig config, DataSource dataSource, InstantSource clock) {
            return new Doors(
                    config.files().map(files -> Access.open(files, clock)),
                    config.bearer().map(bearer -> Tokens.open(bearer, dataSource, clock)));
        }
    }

    private record Tokens(
            BearerConfig config,
            OpenidProvider provider,
            Admission admission,
            Optional<ServerCertificate> certificate) {
        static Tokens open(BearerConfig config, DataSource dataSource, InstantSource clock) {
            OpenidProvider provider = OpenidProvider.open(config.openid(), clock);
            return new Tokens(
                    config,
                    provider,
                    new BearerAdmission(
                            provider, new BoundNames(dataSource, clock), config.audience(), clock),
                    config.tls().map(tls -> ServerCertificate.open(tls.certificate(), tls.key())));
        }

        void reload() {
            provider.reload();
            certificate.ifPresent(ServerCertificate::reload);
        }
    }

    /// With all but what belongs to the transport.
    private NettyServerBuilder server(
            String host,
            int port,
            AccessInterceptor access,
            CallMetrics metrics,
            List<ServerServiceDefinition> services) {
        NettyServerBuilder builder =
                NettyServerBuilder.forAddress(new InetSocketAddress(host, port))
                        .addTransportFilter(metrics.connections())
                        .executor(calls)
                        .handshakeTimeout(HANDSHAKE_MAX.toMillis(), TimeUnit.MILLISECONDS)
                        .maxInboundMessageSize(MESSAGE_BYTES_MAX)
                        .maxInboundMetadataSize(METADATA_BYTES_MAX)
                        .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION_MAX)
                        .permitKeepAliveTime(CLIENT_PING_MIN.toMillis(), TimeUnit.MILLISECONDS)
                        .permitKeepAliveWithoutCalls(true)
                        .keepAliveTime(PING.toMillis(), TimeUnit.MILLISECONDS)
                        .keepAliveTimeout(PING_ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS)
                        .maxConnectionIdle(IDLE_MAX.toMillis(), TimeUnit.MILLISECONDS)
                        .maxConnectionAge(config.connectionAge().toMillis(), TimeUnit.MILLISECONDS)
                        .maxConnectionAgeGrace(AGE_GRACE.toMillis(), TimeUnit.MILLISECONDS)
                        // The last that is added is the first that is asked.
                        .intercept(new FailureInterceptor())
                        .intercept(access)
                        .intercept(metrics)
                        .addServices(services)
                        .addService(health.getHealthService());
        if (config.reflection()) {
            builder.addService(ProtoReflectionServiceV1.newInstance());
        }
        return builder;
    }

    /// The same with nobody who reads what is counted.
    public static ApiServer start(
            ServeConfig config,
            DataSource dataSource,
            Decisions decisions,
            Entries entries,
            InstantSource clock) {
        return start(config, dataSource, decisions, entries, clock, new SimpleMeterRegistry());
    }

    /// @param dataSource connections in the role that reads
    /// @param decisions where people's decisions take effect
    /// @param entries where book entries go
    /// @param meters where calls are counted
    /// @throws tallystick.serve.access.AccessException when a file cannot be used
    /// @throws ServeException when the address cannot be had
    public static ApiServer start(
            ServeConfig config,
            DataSource dataSource,
            Decisions decisions,
            Entries entries,
            InstantSource clock,
            MeterRegistry meters) {
        var readings = new Readings(dataSource);
        var streams = new Streams();
        var watches = new Watches(readings, streams);
        var desk = new ReportDesk(dataSource, config.ledger(), config.version());
        var reports = new MadeReports(desk, Duration.ZERO);
        var api =
                new ApiServer(
                        config,
                        Doors.open(config, dataSource, clock),
                        readings,
                        streams,
                        watches,
                        new CallMetrics(meters),
                        List.of(
                                new MismatchApi(readings, watches, decisions, clock),
                                new BookApi(readings, entries),
                                new LedgerApi(
                                        readings,
                                        new ProofsReader(dataSource, config.ledger()),
                                        config.zone()),
                                new ReportApi(
                                        readings,
                                        streams,
                                        reports,
                                        new SigningCalls(desk, reports, decisions, clock),
                                        config.ledger()),
                                new NodeApi(readings, streams)));
        api.start();
        return api;
    }

    private List<Door> doors() {
        return Stream.of(certificates, tokens).flatMap(Optional::stream).toList();
    }

    private void start() {
        for (Door door : doors()) {
            try {
                door.server().start();
            } catch (IOException e) {
                doors().forEach(one -> one.server().shutdownNow());
                stopThreads();
                throw new ServeException(
                        "%s: %s:%d: %s (expected: an address of this machine and a free port)"
                                .formatted(
                                        door.setting(), door.host(), door.port(), rootMessage(e)),
                        e);
            }
        }
        timer.every(FILES_INTERVAL, this::reload);
        timer.every(HEALTH_INTERVAL, this::look);
        timer.every(HEAD_INTERVAL, watches::look);
        doors().forEach(
                        door ->
                                LOG.atInfo()
                                        .addKeyValue("address", address(door))
                                        .log("the API is served"));
    }

    /// Where it listens to clients with certificates.
    public InetSocketAddress address() {
        return address(certificates.orElseThrow());
    }

    /// Where it listens to clients with tokens; empty where there are none.
    public Optional<InetSocketAddress> tokenAddress() {
        return tokens.map(ApiServer::address);
    }

    private static InetSocketAddress address(Door door) {
        return (InetSocketAddress) door.server().getListenSockets().getFirst();
    }

    /// Looks at the files now, not only within a second.
    public void reload() {
        doors().forEach(door -> door.reload().run());
    }

    /// Takes no new calls, and gives those in hand their time.
    @Override
    public void close() {
        health.enterTerminalState();
        streams.close();
        doors().forEach(door -> door.server().shutdown());
        try {
            for (Door door : doors()) {
                if (!door.server()
                        .awaitTermination(config.drain().toMillis(), TimeUnit.MILLISECONDS)) {
                    door.server().shutdownNow();
                    door.server()
                            .awaitTermination(config.drain().toMillis(), TimeUnit.MILLISECONDS);
                }
            }
        } catch (InterruptedException _) {
            doors().forEach(door -> door.server().shutdownNow());
            Thread.currentThread().interrupt();
        }
        stopThreads();
        LOG.atInfo().log("the API is closed");
    }

    private void stopThreads() {
        timer.close();
        calls.shutdownNow();
    }

    private void look() {
        try {
            readings.read(LedgerPlace::now);
            health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.SERVING);
        } catch (DatabaseException e) {
            LOG.atWarn().log("{}", e.getMessage());
            health.setStatus(
                    HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.NOT_SERVING);
        }
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }
}
