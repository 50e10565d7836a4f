package tallystick.ops.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.db.seal.Head;

/// Each forger of these changes the list of sums with what is changed, so that only the links tell.
class PackLinksTest {
    private static final String FACTS = "{\"ledger\":\"shop\",\"day\":\"2026-11-22\"}";
    private static final String HISTORY =
            "{\"sequence\":7,\"since_sequence\":5,\"head\":\"%s\"}".formatted(hash('c'));
    private static final String HEADER =
            "sequence,cause,decided_at,records,digest,previous_hash,hash";
    private static final String BATCHES =
            String.join("\r\n", HEADER, batch(6, 'a', 'b'), batch(7, 'b', 'c'), "");

    @TempDir Path directory;

    @BeforeEach
    void write() throws IOException {
        Path folder = directory.resolve("folder");
        String seal =
                "{\"facts_digest\":\"%s\",\"history_digest\":\"%s\"}"
                        .formatted(sum(FACTS), sum(HISTORY));
        Map<String, String> files =
                Map.of(
                        "README.txt",
                        "read",
                        PackLinks.FACTS,
                        FACTS,
                        PackLinks.HISTORY,
                        HISTORY,
                        PackLinks.SEAL,
                        seal,
                        PackLinks.BATCHES,
                        BATCHES,
                        "report/2026-11-22.json",
                        "{\"facts\":%s,\"history\":%s,\"seal\":%s,\"queries\":[]}"
                                .formatted(FACTS, HISTORY, seal),
                        PackLinks.LEDGER,
                        """
                        {"ledger":"shop","day":"2026-11-22","sequence":7,"since_sequence":5,"head":"%s",
                         "facts_digest":"%s","history_digest":"%s","seal_digest":"%s"}
                        """
                                .formatted(hash('c'), sum(FACTS), sum(HISTORY), sum(seal)));
        for (Map.Entry<String, String> one : files.entrySet()) {
            Path file = folder.resolve(one.getKey());
            Files.createDirectories(file.resolveSibling(""));
            Files.writeString(file, one.getValue());
        }
        Archive.write(folder, file());
    }

    @Test
    void hangsTogetherAsItWasPacked() throws IOException {
        EvidencePack.Checked checked = EvidencePack.check(file(), _ -> List.of(head(7, 'c')));

        assertThat(checked.differences()).isEmpty();
        assertThat(checked.ledger()).isEqualTo("shop");
        assertThat(checked.batches()).isEqualTo(2);
    }

    @Test
    void tellsPartsThatAreNotThoseOfTheSeal() throws IOException {
        forge(PackLinks.FACTS, FACTS.replace("shop\"", "shop\",\"more\":1"));

        assertThat(links().broken())
                .hasSize(2)
                .anyMatch(line -> line.startsWith(PackLinks.FACTS + ": SHA-256 "))
                .anyMatch(
                        line -> line.startsWith("report/2026-11-22.json: other than report/parts"));
    }

    @Test
    void tellsBatchesThatDoNotLeadToTheHead() throws IOException {
        forge(PackLinks.BATCHES, BATCHES.replace(hash('b') + "\r", hash('d') + "\r"));
        assertThat(links().broken())
                .singleElement()
                .asString()
                .startsWith("audit/11-batches.csv: batch 7 follows " + hash('b'));

        forge(PackLinks.BATCHES, String.join("\r\n", HEADER, batch(6, 'a', 'b'), ""));
        assertThat(links().broken())
                .singleElement()
                .asString()
                .startsWith("audit/11-batches.csv: ends with batch 6")
                .endsWith("(expected: 7 %s, the head in ledger.json)".formatted(hash('c')));
    }

    @Test
    void tellsAChainThatIsNotThatOfAKeptHead() throws IOException {
        assertThat(links().contradictedBy(List.of(head(5, 'a'), head(6, 'b')))).isEmpty();
        assertThat(links().contradictedBy(List.of(head(6, 'e'), head(9, 'f'))))
                .containsExactly(
                        "audit/11-batches.csv: batch 6 has hash %s (expected: %s, the head that was kept)"
                                .formatted(hash('b'), hash('e')));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> links().contradictedBy(List.of(head(9, 'f'))))
                .withMessage(
                        "--head: none of the 1 heads is in the pack (expected: one from sequence 5 to 7)");
    }

    private PackLinks links() throws IOException {
        assertThat(Archive.differences(file(), List.of())).isEmpty();
        return PackLinks.of(file());
    }

    private void forge(String name, String text) throws IOException {
        try (FileSystem zip =
                FileSystems.newFileSystem(URI.create("jar:" + file().toUri()), Map.of())) {
            String before = sum(Files.readString(zip.getPath(name)));
            Files.writeString(zip.getPath(name), text);
            Path sums = zip.getPath(Archive.SUMS);
            Files.writeString(sums, Files.readString(sums).replace(before, sum(text)));
        }
    }

    private Path file() {
        return directory.resolve("pack.zip");
    }

    private static Head head(long sequence, char digit) {
        return new Head(
                sequence,
                HexFormat.of().parseHex(hash(digit)),
                new byte[32],
                Instant.parse("2026-11-23T00:10:00Z"));
    }

    private static String batch(long sequence, char before, char after) {
        return "%d,\"records, of nodes\",2026-11-22 00:00:00+00,3,%s,%s,%s"
                .formatted(sequence, hash('9'), hash(before), hash(after));
    }

    private static String hash(char digit) {
        return String.valueOf(digit).repeat(64);
    }

    private static String sum(String text) {
        try {
            return Sums.of(
                    new ByteArrayInputStream(
                            text.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
