package tallystick.ops.pipeline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import tallystick.db.report.LedgerReading;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.databind.json.JsonMapper;

/// `path.json`: that everything went from node to gRPC to Kafka to Postgres, in numbers.
///
/// @param served messages by gRPC call
/// @param records by topic
record PathFile(
        SortedMap<String, Long> served,
        SortedMap<String, Long> records,
        LedgerReading.Counts counts) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    void write(Path out) {
        var root = JSON.createObjectNode();
        var grpc = root.putObject("grpc_messages");
        served.forEach(grpc::put);
        var kafka = root.putObject("kafka_records");
        records.forEach(kafka::put);
        var postgres = root.putObject("postgres_rows");
        postgres.put("batches", counts.batches());
        postgres.put("evidence", counts.evidence());
        postgres.put("transfers", counts.transfers());
        postgres.put("items", counts.items());
        try {
            Files.createDirectories(out);
            var printer =
                    new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
            String json = JSON.writer().with(printer).writeValueAsString(root);
            Files.writeString(out.resolve("path.json"), json + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "path.json: not written to %s (expected: a folder we may write to)"
                            .formatted(out),
                    e);
        }
    }
}
