package tallystick.ops.pack;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import tallystick.db.seal.Head;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// How the files of a pack hang together: the report's parts by the digests in its seal, the steps of the ledger by their hashes,
/// up to the head that the report names. Sums of files tell none of it: whoever changes a file, changes its sum with it.
///
/// @param ledger the ledger's name; empty when the pack does not tell
/// @param since the ledger sequence of the report before
/// @param sequence that of the report
/// @param hashes of the ledger's steps since the report before and of the one before them, hex, by ledger sequence
/// @param broken what does not hang together; empty when all does
record PackLinks(
        String ledger,
        long since,
        long sequence,
        SortedMap<Long, String> hashes,
        List<String> broken) {
    static final String LEDGER = "ledger.json";
    static final String FACTS = "report/parts/facts.json";
    static final String HISTORY = "report/parts/history.json";
    static final String SEAL = "report/parts/seal.json";
    static final String BATCHES = "audit/11-batches.csv";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /// Sequence, then cause, time and count, then digest, the hash before, the hash.
    private static final Pattern BATCH =
            Pattern.compile("(\\d+),.*,[0-9a-f]{64},([0-9a-f]{64}),([0-9a-f]{64})");

    PackLinks {
        broken = List.copyOf(broken);
    }

    static PackLinks of(Path file) throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile(), UTF_8)) {
            return new Reading(zip).read();
        }
    }

    /// What heads from outside contradict.
    ///
    /// @throws IllegalArgumentException when the pack has no step of any of them
    List<String> contradictedBy(List<Head> heads) {
        List<String> result = new ArrayList<>();
        boolean isTold = false;
        for (Head head : heads) {
            String hash = hashes.get(head.sequence());
            if (hash != null) {
                isTold = true;
                String kept = HexFormat.of().formatHex(head.hash());
                if (!kept.equals(hash)) {
                    result.add(
                            "%s: batch %d has hash %s (expected: %s, the head that was kept)"
                                    .formatted(BATCHES, head.sequence(), hash, kept));
                }
            }
        }
        if (!isTold) {
            throw new IllegalArgumentException(
                    "--head: none of the %d heads is in the pack (expected: one from sequence %d to %d)"
                            .formatted(heads.size(), Math.max(1, since), sequence));
        }
        return result;
    }

    /// Of one archive.
    private static final class Reading {
        private final ZipFile zip;
        private final List<String> broken = new ArrayList<>();
        private final SortedMap<Long, String> hashes = new TreeMap<>();

        Reading(ZipFile zip) {
            this.zip = zip;
        }

        PackLinks read() throws IOException {
            JsonNode ledger = json(LEDGER);
            JsonNode seal = json(SEAL);
            JsonNode history = json(HISTORY);
            JsonNode facts = json(FACTS);
            digest(FACTS, SEAL, seal.path("facts_digest"));
            digest(HISTORY, SEAL, seal.path("history_digest"));
            digest(SEAL, LEDGER, ledger.path("seal_digest"));
            for (String name : List.of("facts_digest", "history_digest")) {
                same(LEDGER, name, ledger.path(name), SEAL, seal.path(name));
            }
            for (String name : List.of("sequence", "since_sequence", "head")) {
                same(LEDGER, name, ledger.path(name), HISTORY, history.path(name));
            }
            for (String name : List.of("ledger", "day")) {
                same(LEDGER, name, ledger.path(name), FACTS, facts.path(name));
            }
            shown(facts.path("day").asString(""));
            long sequence = ledger.path("sequence").asLong();
            long since = ledger.path("since_sequence").asLong();
            batches(since, sequence, ledger.path("head").asString(""));
            return new PackLinks(
                    ledger.path("ledger").asString(""), since, sequence, hashes, broken);
        }

        /// The report that people read is made of the very parts.
        private void shown(String day) throws IOException {
            String name = "report/%s.json".formatted(day);
            String expected =
                    "{\"facts\":%s,\"history\":%s,\"seal\":%s,"
                            .formatted(text(FACTS), text(HISTORY), text(SEAL));
            if (!text(name).startsWith(expected)) {
                broken.add("%s: other than report/parts (expected: made of these)".formatted(name));
            }
        }

        private void batches(long since, long sequence, String head) throws IOException {
            long last = since;
            @Nullable String hash = null;
            for (String line : text(BATCHES).lines().skip(1).toList()) {
                Matcher batch = BATCH.matcher(line);
                if (!batch.matches()) {
                    broken.add(
                            "%s: %s (expected: a batch with digest and hashes)"
                                    .formatted(BATCHES, line));
                    return;
                }
                long number = Long.parseLong(batch.group(1));
                if (number <= last) {
                    broken.add(
                            "%s: batch %d after %d (expected: a later one)"
                                    .formatted(BATCHES, number, last));
                }
                if (hash == null) {
                    hashes.put(since, batch.group(2));
                } else if (!hash.equals(batch.group(2))) {
                    broken.add(
                            "%s: batch %d follows %s (expected: %s, the hash of the one before)"
                                    .formatted(BATCHES, number, batch.group(2), hash));
                }
                last = number;
                hash = batch.group(3);
                hashes.put(number, hash);
            }
            // Where nothing came since the report before, its head is this one's.
            if (last != sequence || (hash != null && !hash.equals(head))) {
                broken.add(
                        "%s: ends with batch %d %s (expected: %d %s, the head in %s)"
                                .formatted(BATCHES, last, hash, sequence, head, LEDGER));
            }
        }

        private void digest(String of, String in, JsonNode told) throws IOException {
            ZipEntry entry = zip.getEntry(of);
            if (entry != null) {
                String sum = Sums.of(zip.getInputStream(entry));
                if (!sum.equals(told.asString(""))) {
                    broken.add(
                            "%s: SHA-256 %s (expected: %s, as %s says)"
                                    .formatted(of, sum, told.asString("none"), in));
                }
            }
        }

        private void same(String one, String name, JsonNode of, String other, JsonNode told) {
            if (!of.equals(told)) {
                broken.add(
                        "%s: %s %s (expected: %s, as in %s)"
                                .formatted(
                                        one,
                                        name,
                                        of.asString("none"),
                                        told.asString("none"),
                                        other));
            }
        }

        private JsonNode json(String name) throws IOException {
            try {
                return JSON.readTree(text(name));
            } catch (JacksonException e) {
                broken.add("%s: no JSON (expected: as packed)".formatted(name));
                return JSON.createObjectNode();
            }
        }

        /// Empty when it is not there, which is told with the sums.
        private String text(String name) throws IOException {
            ZipEntry entry = zip.getEntry(name);
            if (entry == null) {
                return "";
            }
            try (InputStream in = zip.getInputStream(entry)) {
                return new String(in.readAllBytes(), UTF_8);
            }
        }
    }
}
