package tallystick.ingest.books;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.ingest.publish.KafkaClients;
import tallystick.ingest.publish.Transactions;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.TopicSettings;

/// Imports files of book entries: the whole file in one transaction, or nothing of it. A file that is imported again changes
/// nothing: entries are known by their source and entry_id. One thread.
public final class BooksImport {
    /// A file is checked in memory before any of it is published. This is some 800,000 entries.
    private static final long FILE_BYTES_MAX = 256L * 1024 * 1024;

    /// Somebody waits in front of a command; after these tries it is better to say what is wrong.
    private static final int ATTEMPTS_MAX = 3;

    private static final Logger LOG = LoggerFactory.getLogger(BooksImport.class);

    private final KafkaClients clients;
    private final TopicSettings topics;
    private final EntryRecords entryRecords;
    private final InstantSource clock;

    public BooksImport(KafkaConnection kafka, TopicSettings topics, InstantSource clock) {
        this(KafkaClients.of(kafka), topics, clock);
    }

    BooksImport(KafkaClients clients, TopicSettings topics, InstantSource clock) {
        this.clients = clients;
        this.topics = topics;
        this.entryRecords = new EntryRecords(topics);
        this.clock = clock;
    }

    /// Looks whether a file could be imported. Needs no Kafka.
    ///
    /// @throws BooksFileException when the file cannot be taken, with every error in it
    public static void check(Path csv, String source) {
        var _ = lines(csv, source);
    }

    /// Returns when all entries are committed to Kafka.
    ///
    /// @param source the system that the entries come from; their ids are unique within it
    /// @throws BooksFileException when the file cannot be taken, with every error in it
    /// @throws IngestException when Kafka cannot
    public Result importFile(Path csv, String source) throws InterruptedException {
        List<BooksLine> lines = lines(csv, source);
        Instant now = clock.instant();
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (BooksLine line : lines) {
            records.addAll(entryRecords.of(line.entries(), now));
        }
        try (var transactions =
                new Transactions(
                        clients,
                        "%s-books-%s".formatted(topics.prefix(), source),
                        ATTEMPTS_MAX,
                        trouble -> trouble.ifPresent(t -> LOG.atWarn().log("Kafka: {}", t)))) {
            transactions.commit(records);
        }
        LOG.atInfo()
                .addKeyValue("file", csv)
                .addKeyValue("source", source)
                .log("{} book entries imported", lines.size());
        return new Result(lines.size());
    }

    private static List<BooksLine> lines(Path csv, String source) {
        EntryParser.sourceError(source)
                .ifPresent(
                        error -> {
                            throw new IngestException(ErrorCode.USER, error);
                        });
        return BooksCsv.read(csv, bytes(csv), source);
    }

    private static byte[] bytes(Path csv) {
        try {
            long size = Files.size(csv);
            if (size > FILE_BYTES_MAX) {
                throw new BooksFileException(
                        csv,
                        List.of(
                                "size: %d bytes (expected: at most %d; split the file)"
                                        .formatted(size, FILE_BYTES_MAX)));
            }
            return Files.readAllBytes(csv);
        } catch (IOException e) {
            throw new IngestException(
                    ErrorCode.USER,
                    "%s: cannot be read (expected: a CSV file of book entries): %s"
                            .formatted(csv, e.getClass().getSimpleName()),
                    e);
        }
    }

    /// What was imported.
    ///
    /// @param entries entries of the file; one that stands in it twice counts once
    public record Result(int entries) {}
}
