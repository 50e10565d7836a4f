package tallystick.ingest.books;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Stream;
import tallystick.ingest.publish.KafkaClients;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.TopicSettings;

/// All configured ways in for book entries besides files. They do not know of each other: one that fails disturbs none.
///
/// Any thread, except that `start` and `close` are called once each.
public final class BooksIntake implements AutoCloseable {
    private final KafkaClients clients;
    private final Optional<BooksInbox> inbox;
    private final List<BooksPull> pulls;
    private final List<Supplier<IntakeStatus>> states;

    public BooksIntake(
            BooksConfig config, KafkaConnection kafka, TopicSettings topics, InstantSource clock) {
        this.clients = KafkaClients.of(kafka);
        this.inbox =
                config.inbox()
                        ? Optional.of(
                                new BooksInbox(
                                        clients,
                                        () -> BooksInbox.consumer(kafka, topics),
                                        topics,
                                        clock))
                        : Optional.empty();
        this.pulls =
                config.pulls().stream()
                        .map(pull -> new BooksPull(pull, clients, topics, clock))
                        .toList();
        this.states =
                Stream.concat(
                                inbox.stream().map(in -> (Supplier<IntakeStatus>) in::status),
                                pulls.stream().map(in -> (Supplier<IntakeStatus>) in::status))
                        .toList();
    }

    /// Shows how each of them stands from now on.
    public void registerIn(MeterRegistry meters) {
        states.forEach(state -> IntakeMetrics.register(state, meters));
    }

    public void start() {
        inbox.ifPresent(BooksInbox::start);
        pulls.forEach(BooksPull::start);
    }

    /// The inbox first, then the pulls in the order of the configuration.
    public List<IntakeStatus> statuses() {
        return states.stream().map(Supplier::get).toList();
    }

    /// Asks each for everything that is there now. By the name in its status: completes when that is committed.
    public Map<String, CompletableFuture<Void>> takeNow() {
        Map<String, CompletableFuture<Void>> asked = new LinkedHashMap<>();
        inbox.ifPresent(i -> asked.put(i.status().name(), i.takeNow()));
        pulls.forEach(pull -> asked.put(pull.status().name(), pull.takeNow()));
        return asked;
    }

    /// What was not committed is taken by the next start.
    @Override
    public void close() {
        pulls.forEach(BooksPull::close);
        inbox.ifPresent(BooksInbox::close);
        clients.close();
    }
}
