package tallystick.ops.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import tallystick.db.seal.Head;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Heads in a file: a JSON object to a line, with `ledger`, `sequence`, `hash`, `previous_hash` and `at`.
final class HeadFile {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final int HASH_BYTES = 32;

    private HeadFile() {}

    static String line(String ledger, Head head) {
        return MAPPER.writeValueAsString(
                MAPPER.createObjectNode()
                        .put("ledger", ledger)
                        .put("sequence", head.sequence())
                        .put("hash", HexFormat.of().formatHex(head.hash()))
                        .put("previous_hash", HexFormat.of().formatHex(head.previousHash()))
                        .put("at", head.at().toString()));
    }

    /// @throws CommandException when the file cannot be read, or is of another ledger
    static List<Head> read(Path file, String ledger) {
        List<Head> result = new ArrayList<>();
        try {
            List<String> lines = Files.readAllLines(file);
            for (int i = 0; i < lines.size(); i++) {
                if (!lines.get(i).isBlank()) {
                    result.add(head(lines.get(i), "%s, line %d".formatted(file, i + 1), ledger));
                }
            }
        } catch (IOException e) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "--head: %s (expected: a file that can be read)".formatted(file));
        }
        if (result.isEmpty()) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "--head: %s is empty (expected: a head, as `tallystick head` prints it)"
                            .formatted(file));
        }
        return result;
    }

    private static Head head(String line, String where, String ledger) {
        try {
            JsonNode node = MAPPER.readTree(line);
            String of = node.required("ledger").stringValue();
            if (!of.equals(ledger)) {
                throw bad(where, "ledger: %s (expected: %s)".formatted(of, ledger));
            }
            Head head =
                    new Head(
                            node.required("sequence").longValue(),
                            hex(node, "hash"),
                            hex(node, "previous_hash"),
                            Instant.parse(node.required("at").stringValue()));
            if (head.sequence() < 1
                    || head.hash().length != HASH_BYTES
                    || head.previousHash().length != HASH_BYTES) {
                throw bad(where, "(expected: a sequence from 1 on, hashes of 32 bytes)");
            }
            return head;
        } catch (JacksonException | IllegalArgumentException | DateTimeParseException e) {
            throw bad(where, "(expected: a head, as `tallystick head` prints it)");
        }
    }

    private static byte[] hex(JsonNode node, String name) {
        return HexFormat.of().parseHex(node.required(name).stringValue());
    }

    private static CommandException bad(String where, String what) {
        return new CommandException(ExitCode.BAD_INPUT, "--head: %s: %s".formatted(where, what));
    }
}
