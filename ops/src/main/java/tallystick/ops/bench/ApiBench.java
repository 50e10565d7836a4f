package tallystick.ops.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import tallystick.db.Database;
import tallystick.db.Migrator;
import tallystick.db.Role;
import tallystick.kafka.EventHeaders;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicAdmin;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.NodeId;
import tallystick.ops.embedded.EmbeddedKafka;
import tallystick.ops.embedded.EmbeddedPostgres;
import tallystick.ops.embedded.Trees;
import tallystick.ops.pipeline.DeskDecisions;
import tallystick.ops.pipeline.InboxEntries;
import tallystick.ops.pipeline.Progress;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.BookServiceGrpc;
import tallystick.proto.v1.EntryKind;
import tallystick.proto.v1.Envelope;
import tallystick.proto.v1.HtlcState;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.MismatchServiceGrpc;
import tallystick.proto.v1.PostEntriesRequest;
import tallystick.proto.v1.PostEntriesResponse;
import tallystick.proto.v1.PostOutcome;
import tallystick.proto.v1.ReceiptHtlc;
import tallystick.proto.v1.ReceiptState;
import tallystick.proto.v1.Source;
import tallystick.proto.v1.WatchMismatchesRequest;
import tallystick.proto.v1.WatchMismatchesResponse;
import tallystick.reconcile.DecisionDesk;
import tallystick.reconcile.ReconcileConfig;
import tallystick.reconcile.Reconciler;
import tallystick.serve.ApiServer;
import tallystick.serve.ServeConfig;
import tallystick.serve.access.AccessFiles;
import tallystick.simulator.tls.NodeCertificate;

/// What the API bears: entries a second until they are safe in Kafka, and how long a change takes from a node's record through
/// Kafka, the reconciler and Postgres to everybody who watches. Server, clients, reconciler and broker share this process, Postgres is
/// beside it; clients speak TLS with certificates, over connections of their own. One thread.
public final class ApiBench {
    /// As many as one client may have.
    private static final int STREAMS_PER_CLIENT = 20;

    private static final int POSTERS = 4;

    /// Entries that a poster has under way.
    private static final int WINDOW = 1_000;

    private static final String LEDGER = "bench";
    private static final String BOOKKEEPER = "CN=erp,O=Shop";
    private static final Duration LIMIT = Duration.ofMinutes(5);

    /// Until then the JVM compiles.
    private static final Duration LEAD_IN = Duration.ofSeconds(10);

    /// Records are so old that their books are overdue: each opens a mismatch as it is applied.
    private static final Duration AGE = Duration.ofHours(1);

    private static final NodeId NODE = new NodeId("02" + "a1".repeat(32));
    private static final int CALLS_PER_SECOND = 100_000;
    private static final double NANOS = 1e9;

    private final ApiPlan plan;
    private final Path home;
    private final Path cache;
    private final Progress progress;
    private final SplittableRandom random = new SplittableRandom(1);
    private final List<Figure> figures = new ArrayList<>();

    /// @param home a directory of its own; what an earlier benchmark left there goes
    /// @param cache where the programs of Postgres are unpacked
    public ApiBench(ApiPlan plan, Path home, Path cache, Progress progress) {
        this.plan = plan;
        this.home = home.toAbsolutePath();
        this.cache = cache;
        this.progress = progress;
    }

    /// @throws BenchException when an entry is refused or lost, or a watcher misses a change
    public List<Figure> run() throws IOException, InterruptedException {
        Trees.delete(home);
        progress.now("starting Postgres and a broker");
        try (var postgres =
                        EmbeddedPostgres.start(
                                home.resolve("postgres"),
                                home.resolve("postgres.log"),
                                cache,
                                List.of());
                var broker = EmbeddedKafka.start(home.resolve("kafka"));
                var owner = Database.connect(postgres.address().settings())) {
            new Migrator(owner.dataSource()).migrate();
            var kafka = new KafkaConnection(broker.bootstrapServers(), Map.of());
            TopicSettings topics = TopicSettings.defaults();
            new TopicAdmin(kafka, topics).createAbsent();
            Clients clients = Clients.make(home.resolve("tls"), plan.watchers());
            try (var writer = Database.connect(postgres.address().settings(), Role.WRITER);
                    var reader = Database.connect(postgres.address().settings(), Role.SERVER);
                    var reconciler =
                            new Reconciler(
                                    ReconcileConfig.defaults(LEDGER),
                                    writer.dataSource(),
                                    kafka,
                                    topics,
                                    InstantSource.system());
                    var entries = InboxEntries.open(kafka, topics);
                    var api =
                            ApiServer.start(
                                    config(clients.files()),
                                    reader.dataSource(),
                                    new DeskDecisions(
                                            new DecisionDesk(
                                                    reader.dataSource(), kafka, topics, LEDGER),
                                            () -> false),
                                    entries,
                                    InstantSource.system())) {
                reconciler.start();
                post(clients, api);
                watch(clients, api, kafka, topics);
            }
            return List.copyOf(figures);
        } finally {
            Trees.delete(home);
        }
    }

    private static ServeConfig config(AccessFiles files) {
        return new ServeConfig(
                LEDGER,
                ZoneOffset.UTC,
                "bench",
                "127.0.0.1",
                0,
                Optional.of(files),
                Optional.empty(),
                false,
                CALLS_PER_SECOND,
                Duration.ofHours(1),
                Duration.ofSeconds(5));
    }

    private void figure(String part, String name, double value, String unit) {
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        figures.add(new Figure(part, name, value, unit, Optional.empty(), load));
    }

    private void post(Clients clients, ApiServer api) throws IOException, InterruptedException {
        progress.now("posting %,d entries".formatted(plan.entries()));
        ManagedChannel channel = clients.channel(api, BOOKKEEPER);
        try {
            List<Poster> posters = new ArrayList<>();
            long begun = System.nanoTime();
            for (int i = 0; i < POSTERS; i++) {
                var poster = new Poster(i, plan.entries() / POSTERS);
                posters.add(poster);
                BookServiceGrpc.newStub(channel).postEntries(poster);
            }
            for (Poster poster : posters) {
                poster.await();
            }
            double seconds = (System.nanoTime() - begun) / NANOS;
            int safe = plan.entries() / POSTERS * POSTERS;
            var latencies = new Latencies();
            posters.forEach(one -> one.addTo(latencies));
            figure("PostEntries", "entries that are safe", safe / seconds, "entries/s");
            figure("PostEntries", "p50 until one is safe", latencies.millis(0.5), "ms");
            figure("PostEntries", "p99", latencies.millis(0.99), "ms");
            progress.done(String.format(Locale.ROOT, "%,.0f entries/s", safe / seconds));
        } finally {
            channel.shutdownNow();
        }
    }

    /// A stream of entries with so many under way at most.
    private static final class Poster
            implements ClientResponseObserver<PostEntriesRequest, PostEntriesResponse> {
        private final int number;
        private final int entries;
        private final long[] sentAt;
        private final long[] took;
        private final CountDownLatch isOver = new CountDownLatch(1);
        private final AtomicInteger safe = new AtomicInteger();
        private volatile Optional<String> failure = Optional.empty();
        private @Nullable ClientCallStreamObserver<PostEntriesRequest> requests;
        private int sent;

        Poster(int number, int entries) {
            this.number = number;
            this.entries = entries;
            this.sentAt = new long[entries];
            this.took = new long[entries];
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<PostEntriesRequest> stream) {
            requests = stream;
            stream.setOnReadyHandler(this::send);
        }

        private synchronized void send() {
            var stream = requireNonNull(requests);
            while (sent < entries && sent - safe.get() < WINDOW && stream.isReady()) {
                sentAt[sent] = System.nanoTime();
                stream.onNext(
                        PostEntriesRequest.newBuilder()
                                .setNumber(sent)
                                .setEntry(entry(number, sent))
                                .build());
                if (++sent == entries) {
                    stream.onCompleted();
                }
            }
        }

        @Override
        public void onNext(PostEntriesResponse answer) {
            if (answer.getOutcome() != PostOutcome.POST_OUTCOME_SAFE) {
                failure = Optional.of("entry: " + answer);
            }
            int at = (int) answer.getNumber();
            took[at] = System.nanoTime() - sentAt[at];
            safe.incrementAndGet();
            send();
        }

        @Override
        public void onError(Throwable problem) {
            failure = Optional.of(String.valueOf(problem));
            isOver.countDown();
        }

        @Override
        public void onCompleted() {
            isOver.countDown();
        }

        void await() throws InterruptedException {
            boolean isDone = isOver.await(LIMIT.toSeconds(), TimeUnit.SECONDS);
            if (!isDone || failure.isPresent() || safe.get() != entries) {
                throw new BenchException(
                        "entries: %d of %d are safe, %s (expected: all)"
                                .formatted(safe.get(), entries, failure.orElse("none refused")));
            }
        }

        void addTo(Latencies latencies) {
            for (long one : took) {
                latencies.took(one);
            }
        }

        private static BookEntry entry(int poster, int number) {
            Instant at = Instant.now();
            return BookEntry.newBuilder()
                    .setEntryId("r%d-%d".formatted(poster, number))
                    .setSource("erp")
                    .setBookedAtNs(Mix.nanos(at))
                    .setValueDate(at.atZone(ZoneOffset.UTC).toLocalDate().toString())
                    .setKind(EntryKind.ENTRY_KIND_RECEIPT)
                    .setReference("payment_hash:%08x%056x".formatted(poster, number))
                    .setAmountMsat(1_000_000L + number)
                    .setAccount("sales")
                    .setMemo("as ordered")
                    .build();
        }
    }

    private void watch(Clients clients, ApiServer api, KafkaConnection kafka, TopicSettings topics)
            throws IOException, InterruptedException {
        progress.now("%d watchers".formatted(plan.watchers()));
        var sentAt = new ConcurrentHashMap<String, Long>();
        var latencies = new Latencies();
        List<ManagedChannel> channels = new ArrayList<>();
        List<Watcher> watchers = new ArrayList<>();
        try (var producer = new KafkaProducer<byte[], byte[]>(kafka.producerProperties());
                var log = new BenchLog(kafka, topics, List.of(NODE))) {
            log.cover(Instant.now()); // What is not read far enough waits.
            for (int i = 0; i < plan.watchers(); i++) {
                if (i % STREAMS_PER_CLIENT == 0) {
                    channels.add(clients.channel(api, Clients.subject(i / STREAMS_PER_CLIENT)));
                }
                var watcher = new Watcher(sentAt, latencies);
                watchers.add(watcher);
                MismatchServiceGrpc.newStub(channels.getLast())
                        .watchMismatches(WatchMismatchesRequest.getDefaultInstance(), watcher);
            }
            for (Watcher watcher : watchers) {
                watcher.awaitBegin();
            }
            send(producer, topics, LEAD_IN, new ConcurrentHashMap<>());
            send(producer, topics, plan.time(), sentAt);
            long begun = System.nanoTime();
            long wanted = (long) sentAt.size() * watchers.size();
            while (latencies.count() < wanted) {
                watchers.forEach(Watcher::throwIfFailed);
                if (System.nanoTime() - begun > LIMIT.toNanos()) {
                    throw new BenchException(
                            "changes: %,d came (expected: %,d, each to each watcher)"
                                    .formatted(latencies.count(), wanted));
                }
                TimeUnit.MILLISECONDS.sleep(50);
            }
            figure("WatchMismatches", "watchers", watchers.size(), "");
            figure("WatchMismatches", "changes", plan.changesPerSecond(), "changes/s");
            figure("WatchMismatches", "p50 from record to watcher", latencies.millis(0.5), "ms");
            figure("WatchMismatches", "p99", latencies.millis(0.99), "ms");
            figure("WatchMismatches", "slowest", latencies.millis(1), "ms");
        } finally {
            channels.forEach(ManagedChannel::shutdownNow);
        }
    }

    private void send(
            KafkaProducer<byte[], byte[]> producer,
            TopicSettings topics,
            Duration time,
            Map<String, Long> sentAt)
            throws InterruptedException {
        progress.now("%d changes a second".formatted(plan.changesPerSecond()));
        long count = time.toSeconds() * plan.changesPerSecond();
        long begun = System.nanoTime();
        for (long i = 0; i < count; i++) {
            long due = begun + (long) (i * NANOS / plan.changesPerSecond());
            long wait = due - System.nanoTime();
            if (wait > 0) {
                TimeUnit.NANOSECONDS.sleep(wait);
            }
            byte[] hash = new byte[32];
            random.nextBytes(hash);
            String key = HexFormat.of().formatHex(hash);
            sentAt.put("payment_hash:" + key, System.nanoTime());
            Instant at = Instant.now().minus(AGE);
            var _ =
                    producer.send(
                            new ProducerRecord<>(
                                    topics.name(Topic.INVOICES),
                                    RecordKeys.partition(key, topics.partitions()),
                                    RecordKeys.bytes(key),
                                    receipt(hash, at, i).toByteArray(),
                                    EventHeaders.of(key, "/bench", Topic.INVOICES, key, at)));
        }
        producer.flush();
    }

    private static InvoiceRecord receipt(byte[] hash, Instant at, long number) {
        return InvoiceRecord.newBuilder()
                .setEnvelope(
                        Envelope.newBuilder()
                                .setNode(NODE.pubkey())
                                .setObservedAtNs(Mix.nanos(at.plusSeconds(1)))
                                .setSource(Source.SOURCE_STREAM)
                                .setNodeMessageType("lnrpc.Invoice"))
                .setPaymentHash(ByteString.copyFrom(hash))
                .setState(ReceiptState.RECEIPT_STATE_SETTLED)
                .setRequestedMsat(1_000_000)
                .setReceivedMsat(1_000_000)
                .setCreatedAt(at.getEpochSecond() - 20)
                .setSettledAt(at.getEpochSecond())
                .setExpirySeconds(86_400)
                .setAddIndex(number + 1)
                .setSettleIndex(number + 1)
                .addHtlcs(
                        ReceiptHtlc.newBuilder()
                                .setChanId(1)
                                .setHtlcIndex(number)
                                .setAmountMsat(1_000_000)
                                .setState(HtlcState.HTLC_STATE_SETTLED)
                                .setTotalMsat(1_000_000)
                                .setAcceptedAt(at.getEpochSecond() - 1)
                                .setResolvedAt(at.getEpochSecond())
                                .setExpiryHeight(900_000))
                .build();
    }

    /// Who watches. What nobody times is passed over.
    private static final class Watcher implements StreamObserver<WatchMismatchesResponse> {
        private final Map<String, Long> sentAt;
        private final Latencies latencies;
        private final CountDownLatch hasBegun = new CountDownLatch(1);
        private final AtomicLong last = new AtomicLong();
        private volatile Optional<String> failure = Optional.empty();

        Watcher(Map<String, Long> sentAt, Latencies latencies) {
            this.sentAt = sentAt;
            this.latencies = latencies;
        }

        void awaitBegin() throws InterruptedException {
            if (!hasBegun.await(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new BenchException(
                        "watcher: %s (expected: a first answer)".formatted(failure));
            }
            throwIfFailed();
        }

        void throwIfFailed() {
            failure.ifPresent(
                    what -> {
                        throw new BenchException("watcher: " + what);
                    });
        }

        @Override
        public void onNext(WatchMismatchesResponse told) {
            hasBegun.countDown();
            if (!told.hasChange()) {
                return;
            }
            long place = (told.getPlace().getLedgerSequence() << 20) + told.getPlace().getOrdinal();
            if (last.getAndSet(place) >= place) {
                failure =
                        Optional.of("place %s (expected: one after those before)".formatted(told));
            }
            Long sent = sentAt.get(told.getChange().getAfter().getReference());
            if (sent != null) {
                latencies.took(System.nanoTime() - sent);
            }
        }

        @Override
        public void onError(Throwable problem) {
            failure = Optional.of(String.valueOf(problem));
            hasBegun.countDown();
        }

        @Override
        public void onCompleted() {
            onError(new IllegalStateException("the stream ended"));
        }
    }

    /// Who may call, each with a certificate of its own.
    private record Clients(
            AccessFiles files, String server, Map<String, NodeCertificate> certificates) {
        static String subject(int client) {
            return "CN=viewer%d,O=Shop".formatted(client);
        }

        static Clients make(Path directory, int watchers) throws IOException {
            Files.createDirectories(directory);
            var files =
                    new AccessFiles(
                            directory.resolve("server.crt"),
                            directory.resolve("server.key"),
                            directory.resolve("authorities.crt"),
                            directory.resolve("clients"));
            NodeCertificate server = NodeCertificate.selfSigned("bench", Instant.now());
            Files.writeString(files.certificate(), server.certificate());
            Files.writeString(files.key(), server.privateKey());
            Map<String, NodeCertificate> certificates = new ConcurrentHashMap<>();
            var authorities = new StringBuilder();
            var list = new StringBuilder();
            for (int i = -1; i * STREAMS_PER_CLIENT < watchers; i++) {
                String subject = i < 0 ? BOOKKEEPER : subject(i);
                NodeCertificate one = NodeCertificate.ofCaller(subject, Instant.now());
                certificates.put(subject, one);
                authorities.append(one.certificate());
                list.append(i < 0 ? "bookkeeper " : "viewer ").append(subject).append('\n');
            }
            Files.writeString(files.authorities(), authorities);
            Files.writeString(files.clients(), list);
            return new Clients(files, server.certificate(), certificates);
        }

        ManagedChannel channel(ApiServer api, String subject) throws IOException {
            NodeCertificate one = requireNonNull(certificates.get(subject));
            return NettyChannelBuilder.forAddress(
                            api.address(),
                            TlsChannelCredentials.newBuilder()
                                    .trustManager(new ByteArrayInputStream(server.getBytes(UTF_8)))
                                    .keyManager(
                                            new ByteArrayInputStream(
                                                    one.certificate().getBytes(UTF_8)),
                                            new ByteArrayInputStream(
                                                    one.privateKey().getBytes(UTF_8)))
                                    .build())
                    .overrideAuthority("localhost")
                    .build();
        }
    }
}
