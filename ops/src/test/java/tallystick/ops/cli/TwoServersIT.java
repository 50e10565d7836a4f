package tallystick.ops.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.EquivalentAddressGroup;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.db.Transactions;
import tallystick.db.write.RegisterRepository;
import tallystick.kafka.Topic;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ops.acceptance.Program;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.BookServiceGrpc;
import tallystick.proto.v1.MismatchServiceGrpc;
import tallystick.proto.v1.Place;
import tallystick.proto.v1.PostEntriesRequest;
import tallystick.proto.v1.PostEntriesResponse;
import tallystick.proto.v1.PostOutcome;
import tallystick.proto.v1.WatchMismatchesRequest;
import tallystick.proto.v1.WatchMismatchesResponse;
import tallystick.reconcile.ReconcileConfig.Pace;
import tallystick.reconcile.Reconciler;
import tallystick.serve.testing.TestAuthority;
import tallystick.serve.testing.TestCertificates;

/// Two instances of `serve`, clients that go from one to the other, and one instance that is killed: what was acknowledged is
/// there, and who watches misses nothing and hears nothing twice.
class TwoServersIT {
    private static final int ENTRIES = 1_500;
    private static final int MISMATCHES = 120;
    private static final int UNANSWERED_MAX = 200;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final Pattern SERVED =
            Pattern.compile("API of ledger main is served at 127\\.0\\.0\\.1:(\\d+)");

    @TempDir Path directory;

    private final List<Program> servers = new ArrayList<>();
    private final List<ManagedChannel> channels = new ArrayList<>();

    @AfterEach
    void stop() throws Exception {
        channels.forEach(ManagedChannel::shutdownNow);
        for (Program server : servers) {
            if (server.isRunning()) {
                server.stop();
            }
        }
    }

    @Test
    void nothingIsLostOrToldTwiceWhenOneIsKilled() throws Exception {
        var certificates = new TestCertificates(Files.createDirectory(directory.resolve("tls")));
        Files.writeString(
                certificates.files().clients(),
                """
                viewer CN=ann,O=Shop
                bookkeeper CN=erp,O=Shop
                """);
        try (RunningLedger ledger = RunningLedger.start(directory.resolve("data"));
                Reconciler reconciler = ledger.reconciler(RuleSet.defaults(), Pace.CONTINUOUS);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            servers.add(serve(certificates));
            servers.add(serve(certificates));
            List<InetSocketAddress> addresses = List.of(address(0), address(1));
            reconciler.start();

            var watchers = List.of(new Watcher(), new Watcher());
            var posters = List.of(new Poster(0), new Poster(ENTRIES));
            List<Future<?>> clients = new ArrayList<>();
            ManagedChannel anns = channel(certificates, "CN=ann,O=Shop", addresses);
            ManagedChannel erps = channel(certificates, "CN=erp,O=Shop", addresses);
            watchers.forEach(one -> clients.add(threads.submit(() -> one.watch(anns))));
            posters.forEach(one -> clients.add(threads.submit(() -> one.post(erps))));
            makeMismatches(ledger, 1, MISMATCHES / 2);
            await(() -> posters.stream().allMatch(one -> one.safe.size() > ENTRIES / 10));
            await(() -> watchers.stream().allMatch(one -> !one.places.isEmpty()));

            servers.getFirst().killAlone();
            makeMismatches(ledger, MISMATCHES / 2 + 1, MISMATCHES);

            await(() -> posters.stream().allMatch(one -> one.unsafe.isEmpty()));
            await(() -> changes(ledger).size() >= MISMATCHES);
            await(
                    () ->
                            watchers.stream()
                                    .allMatch(one -> one.places.size() >= changes(ledger).size()));
            watchers.forEach(one -> one.isOver = true);
            channels.forEach(ManagedChannel::shutdownNow);
            for (Future<?> client : clients) {
                client.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
            for (Watcher watcher : watchers) {
                assertThat(watcher.places).isEqualTo(changes(ledger));
            }
            assertThat(watchers.stream().mapToInt(one -> one.resumed.get()).sum())
                    .as("watchers that lost their server")
                    .isPositive();
            Set<String> inbox = inbox(ledger);
            for (Poster poster : posters) {
                assertThat(poster.safe).hasSize(ENTRIES);
                assertThat(inbox).containsAll(poster.safe);
            }
        }
    }

    // --- servers

    private Program serve(TestCertificates certificates) throws Exception {
        var files = certificates.files();
        return Program.start(
                directory,
                List.of(
                        "serve",
                        "--data",
                        directory.resolve("data").toString(),
                        "--set",
                        "serve.address=127.0.0.1:0",
                        "--set",
                        "serve.certificate=" + files.certificate(),
                        "--set",
                        "serve.key=" + files.key(),
                        "--set",
                        "serve.client-authorities=" + files.authorities(),
                        "--set",
                        "serve.clients=" + files.clients()));
    }

    private InetSocketAddress address(int number) throws Exception {
        Program server = servers.get(number);
        Matcher found = SERVED.matcher(server.said());
        while (!found.find()) {
            assertThat(server.isRunning()).as(server.said()).isTrue();
            Thread.sleep(100);
            found = SERVED.matcher(server.said());
        }
        return new InetSocketAddress(
                InetAddress.getLoopbackAddress(), Integer.parseInt(found.group(1)));
    }

    private ManagedChannel channel(
            TestCertificates certificates, String subject, List<InetSocketAddress> addresses)
            throws Exception {
        TestAuthority.Issued client = certificates.authority().issue(subject);
        NameResolverRegistry.getDefaultRegistry().register(new Both(addresses));
        ManagedChannel channel =
                Grpc.newChannelBuilder(
                                Both.SCHEME + ":///servers",
                                TlsChannelCredentials.newBuilder()
                                        .trustManager(
                                                stream(certificates.authority().certificate()))
                                        .keyManager(
                                                stream(client.certificate()), stream(client.key()))
                                        .build())
                        .defaultLoadBalancingPolicy("round_robin")
                        .overrideAuthority("localhost")
                        .build();
        channels.add(channel);
        return channel;
    }

    private static ByteArrayInputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    /// Names both servers.
    private static final class Both extends NameResolverProvider {
        static final String SCHEME = "both";

        private final List<InetSocketAddress> addresses;

        Both(List<InetSocketAddress> addresses) {
            this.addresses = addresses;
        }

        @Override
        protected boolean isAvailable() {
            return true;
        }

        @Override
        protected int priority() {
            return 5;
        }

        @Override
        public String getDefaultScheme() {
            return SCHEME;
        }

        @Override
        public NameResolver newNameResolver(URI target, NameResolver.Args arguments) {
            return new NameResolver() {
                @Override
                public String getServiceAuthority() {
                    return "localhost";
                }

                @Override
                public void start(Listener2 listener) {
                    listener.onResult(
                            ResolutionResult.newBuilder()
                                    .setAddressesOrError(
                                            StatusOr.fromValue(
                                                    addresses.stream()
                                                            .map(EquivalentAddressGroup::new)
                                                            .toList()))
                                    .build());
                }

                @Override
                public void shutdown() {}
            };
        }
    }

    // --- what happens

    /// One number for two entries each.
    private static void makeMismatches(RunningLedger ledger, int from, int to) {
        for (int number = from; number <= to; number++) {
            String hash = RunningLedger.hash(number);
            String id = "m" + number;
            ledger.send(
                    List.of(
                            RunningLedger.record(
                                    Topic.BOOKS,
                                    hash,
                                    RunningLedger.entry(id, hash, 500).toByteArray()),
                            RunningLedger.record(
                                    Topic.BOOKS,
                                    hash,
                                    RunningLedger.entry(id, hash, 700).toByteArray())));
        }
    }

    /// Their places, in order.
    private static List<String> changes(RunningLedger ledger) {
        return new Transactions(ledger.writer().dataSource())
                .read(
                        connection ->
                                new RegisterRepository()
                                        .changesAfter(connection, 0, 0, Integer.MAX_VALUE).stream()
                                                .map(one -> one.sequence() + "/" + one.ordinal())
                                                .toList());
    }

    private static Set<String> inbox(RunningLedger ledger) {
        try (var consumer =
                new KafkaConsumer<>(
                        Map.<String, Object>of(
                                "bootstrap.servers", ledger.kafka().bootstrapServers()),
                        new ByteArrayDeserializer(),
                        new ByteArrayDeserializer())) {
            String topic = RunningLedger.TOPICS.name(Topic.BOOKS_INBOX);
            List<TopicPartition> partitions =
                    consumer.partitionsFor(topic).stream()
                            .map(one -> new TopicPartition(topic, one.partition()))
                            .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            Set<String> ids = ConcurrentHashMap.newKeySet();
            while (partitions.stream()
                    .anyMatch(one -> consumer.position(one) < ends.getOrDefault(one, 0L))) {
                consumer.poll(Duration.ofMillis(500))
                        .forEach(record -> ids.add(entry(record.value()).getEntryId()));
            }
            return ids;
        }
    }

    private static BookEntry entry(byte[] bytes) {
        try {
            return BookEntry.parseFrom(bytes);
        } catch (com.google.protobuf.InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        Instant end = Instant.now().plus(PATIENCE);
        while (!condition.getAsBoolean()) {
            assertThat(Instant.now()).as("in time").isBefore(end);
            Thread.sleep(50);
        }
    }

    // --- clients

    /// Goes on from where it is, as docs/api.md tells clients to.
    private static final class Watcher {
        private final List<String> places = Collections.synchronizedList(new ArrayList<>());
        private volatile boolean isOver;
        private final AtomicInteger resumed = new AtomicInteger();

        void watch(ManagedChannel channel) {
            Place at = Place.getDefaultInstance();
            while (!isOver) {
                try {
                    var messages =
                            MismatchServiceGrpc.newBlockingStub(channel)
                                    .watchMismatches(
                                            WatchMismatchesRequest.newBuilder()
                                                    .setAfter(at)
                                                    .build());
                    while (messages.hasNext()) {
                        WatchMismatchesResponse message = messages.next();
                        at = message.getPlace();
                        if (message.hasChange()) {
                            places.add(at.getLedgerSequence() + "/" + at.getOrdinal());
                        }
                    }
                } catch (StatusRuntimeException e) {
                    assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                    resumed.incrementAndGet();
                }
            }
        }
    }

    /// Sends again whatever was not acknowledged.
    private static final class Poster {
        private final ConcurrentSkipListMap<Long, BookEntry> unsafe = new ConcurrentSkipListMap<>();
        private final Set<String> safe = ConcurrentHashMap.newKeySet();

        Poster(int from) {
            for (int number = from; number < from + ENTRIES; number++) {
                unsafe.put(
                        (long) number,
                        RunningLedger.entry(
                                "p" + number, RunningLedger.hash(1_000_000 + number), 1_000));
            }
        }

        void post(ManagedChannel channel) {
            try {
                while (!unsafe.isEmpty()) {
                    postOver(channel);
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }

        private void postOver(ManagedChannel channel) throws InterruptedException {
            var ended = new CountDownLatch(1);
            var room = new Semaphore(UNANSWERED_MAX);
            StreamObserver<PostEntriesRequest> requests =
                    BookServiceGrpc.newStub(channel)
                            .postEntries(
                                    new StreamObserver<>() {
                                        @Override
                                        public void onNext(PostEntriesResponse response) {
                                            room.release();
                                            if (response.getOutcome()
                                                    == PostOutcome.POST_OUTCOME_SAFE) {
                                                safe.add("p" + response.getNumber());
                                                unsafe.remove(response.getNumber());
                                            }
                                        }

                                        @Override
                                        public void onError(Throwable failure) {
                                            ended.countDown();
                                            room.release(ENTRIES);
                                        }

                                        @Override
                                        public void onCompleted() {
                                            ended.countDown();
                                        }
                                    });
            for (var one : unsafe.entrySet()) {
                room.acquire();
                if (ended.getCount() == 0) {
                    return;
                }
                requests.onNext(
                        PostEntriesRequest.newBuilder()
                                .setNumber(one.getKey())
                                .setEntry(one.getValue())
                                .build());
            }
            requests.onCompleted();
            ended.await();
        }
    }
}
