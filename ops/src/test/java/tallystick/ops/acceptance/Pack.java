package tallystick.ops.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// An evidence pack, unpacked and checked with nothing of the program.
///
/// @param files by name
record Pack(SortedMap<String, byte[]> files) {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String DAY = "2026-11-22";

    static Pack read(Path file) throws IOException {
        SortedMap<String, byte[]> files = new TreeMap<>();
        List<String> order = new ArrayList<>();
        try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(file), UTF_8)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                assertThat(entry.getTimeLocal()).hasToString("1980-02-01T00:00");
                order.add(entry.getName());
                files.put(entry.getName(), zip.readAllBytes());
            }
        }
        assertThat(order).containsExactlyElementsOf(files.keySet());
        return new Pack(files);
    }

    /// Every file has its sum and something in it, and the first page tells of it.
    void requireWhole() {
        List<String> listed = new ArrayList<>();
        for (String line : text("SHA256SUMS").lines().toList()) {
            String name = line.substring(66);
            listed.add(name);
            assertThat(files).containsKey(name);
            assertThat(sum(bytes(name))).as(name).isEqualTo(line.substring(0, 64));
            assertThat(text(name).strip()).as(name).isNotEmpty();
        }
        List<String> names = new ArrayList<>(files.keySet());
        names.remove("SHA256SUMS");
        assertThat(listed).isEqualTo(names);
        assertThat(names)
                .contains(
                        "README.txt",
                        "ledger.json",
                        "report/%s.html".formatted(DAY),
                        "report/%s.csv/1-coverage.csv".formatted(DAY),
                        "journal/%s.beancount".formatted(DAY),
                        "journal/%s.camt053.xml".formatted(DAY),
                        "audit/11-batches.sql");
        names.remove("README.txt");
        for (String name : names) {
            String told = name.replaceFirst("audit/(\\d\\d-[a-z-]+)\\..*", "$1");
            told =
                    told.replaceFirst(
                            "(report|journal)/%s.*".formatted(DAY), "$1/%s".formatted(DAY));
            told = told.replaceFirst("parts/.*", "parts/");
            assertThat(text("README.txt")).contains(told);
        }
    }

    /// All say the same.
    ///
    /// @param report as the program shows it
    void requireLike(String report) {
        assertThat(text("report/%s.json".formatted(DAY))).isEqualTo(report);
        JsonNode whole = JSON.readTree(report);
        JsonNode ledger = JSON.readTree(text("ledger.json"));
        for (String part : List.of("facts", "history")) {
            String sum = sum(bytes("report/parts/%s.json".formatted(part)));
            assertThat(ledger.path(part + "_digest").asString()).isEqualTo(sum);
            assertThat(whole.path("seal").path(part + "_digest").asString()).isEqualTo(sum);
        }
        assertThat(ledger.path("seal_digest").asString())
                .isEqualTo(sum(bytes("report/parts/seal.json")));

        HledgerReader journal = HledgerReader.read(text("journal/%s.journal".formatted(DAY)));
        assertThat(journal.balances()).isEqualTo(journal.asserted());
        new ReportBalances(whole.path("facts")).requireSame(journal.balances(), journal.balances());

        List<String[]> open = rows("04-open-mismatches");
        assertThat(open)
                .hasSize(
                        whole.path("facts").path("mismatches").path("open_count").asInt()
                                + whole.path("facts")
                                        .path("mismatches")
                                        .path("information")
                                        .size());

        SortedMap<String, BigInteger> places = new TreeMap<>();
        for (String[] row : rows("01-places")) {
            places.put(
                    row[0].isEmpty()
                            ? row[1]
                            : row[0] + " " + row[1].replace("channels", "channel"),
                    new BigInteger(row[4]));
        }
        places.values().removeIf(msat -> msat.signum() == 0);
        SortedMap<String, BigInteger> held = ReportBalances.places(journal.balances());
        held.remove("clearing");
        assertThat(places).isEqualTo(held);

        BigInteger sum = BigInteger.ZERO;
        for (String[] row : rows("02-accounts")) {
            sum = sum.add(new BigInteger(row[3]));
        }
        assertThat(sum).isZero();

        List<String[]> batches = rows("11-batches");
        String hash = batches.getFirst()[5];
        for (String[] row : batches) {
            assertThat(row[5]).as(row[0]).isEqualTo(hash);
            hash = row[6];
        }
        assertThat(ledger.path("head").asString()).isEqualTo(hash);
        assertThat(rows("12-reports").getLast()[7])
                .isEqualTo(ledger.path("seal_digest").asString());
    }

    /// Of a table whose texts have no commas in the columns that are looked at.
    private List<String[]> rows(String query) {
        return text("audit/%s.csv".formatted(query))
                .lines()
                .skip(1)
                .map(line -> line.split(",", -1))
                .toList();
    }

    private String text(String name) {
        return new String(bytes(name), UTF_8);
    }

    private byte[] bytes(String name) {
        return requireNonNull(files.get(name), name);
    }

    private static String sum(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
