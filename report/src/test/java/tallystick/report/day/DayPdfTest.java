package tallystick.report.day;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.text.PDFTextStripper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tallystick.report.figures.Amounts;

/// Documents are read back: what a reader sees is what the report says.
class DayPdfTest {
    private final DayPdf pdf = new DayPdf();

    @Test
    void holdsEveryTotalAndEverySign() throws IOException {
        DayReport report = SampleReports.longNames(30);

        byte[] file = pdf.render(report, SampleReports.trend(14));

        try (PDDocument document = Loader.loadPDF(file)) {
            String text = text(document);
            assertThat(text).contains("₿", "⚡", "−", "≠", "≈", "✓", "…", "·", "№", "é");
            assertThat(text).doesNotContain("#", "[U+");
            for (DayReport.Bridge bridge : report.facts().bridges()) {
                assertThat(text).contains(sat(bridge.opening().totalMsat()));
                assertThat(text).contains(sat(bridge.closing().totalMsat()));
            }
            assertThat(text).contains(sat(report.facts().openMsat()));
            for (DayReport.Mismatch one : report.facts().open()) {
                assertThat(text).contains(sat(BigInteger.valueOf(one.amountMsat())));
            }
            assertThat(text.replaceAll("\\s", ""))
                    .contains(report.seal().factsDigest(), report.seal().historyDigest());
        }
    }

    @Test
    void saysWhereItCuts() throws IOException {
        DayReport report = SampleReports.with(400);
        int open = report.facts().open().size();

        try (PDDocument document = Loader.loadPDF(pdf.render(report, List.of()))) {
            String text = text(document).replaceAll("\\s+", " ");

            assertThat(text)
                    .contains(
                            "%d more are not printed here.".formatted(open - DayPdf.ROWS_MAX),
                            open + " open",
                            sat(report.facts().openMsat()));
        }
    }

    /// Of a node with thousands of channels those are printed that moved most, and the others added up.
    @Test
    void printsNoMoreChannelsThanAnybodyReads() throws IOException {
        DayReport report = SampleReports.withChannels(3_000);

        try (PDDocument document = Loader.loadPDF(pdf.render(report, List.of()))) {
            String text = text(document).replaceAll("\\s+", " ");

            assertThat(text)
                    .contains("2,750 more, that earned and cost less", "2,999.000", "8,250")
                    .contains("2,750 more are not printed here.")
                    .doesNotContain("2,700.000");
        }
    }

    /// However long its lists are: a heading stands above what it heads, and a page begins with a heading or a table's head.
    @ParameterizedTest
    @ValueSource(ints = {2, 9, 14})
    void noPageEndsWithAHeading(int mismatches) throws IOException {
        byte[] file = pdf.render(SampleReports.with(mismatches), SampleReports.trend(14));

        try (PDDocument document = Loader.loadPDF(file)) {
            for (int page = 1; page <= document.getNumberOfPages(); page++) {
                PDFTextStripper stripper = new PDFTextStripper();
                stripper.setSortByPosition(true);
                stripper.setStartPage(page);
                stripper.setEndPage(page);
                List<String> lines =
                        stripper.getText(document)
                                .lines()
                                .filter(line -> !line.isBlank())
                                .filter(
                                        line ->
                                                !line.matches(
                                                        "Facts [0-9a-f]{64}.*|Page \\d+ of \\d+"))
                                .toList();
                assertThat(lines.getLast())
                        .as("last line of page %d", page)
                        .doesNotMatch("\\d+\\. [A-Z].*")
                        .doesNotMatch("(By |Each open|Trend|Coverage|Prior-period).*")
                        .doesNotMatch(
                                "(Severity|No\\.|Channel|Node|Fact|State|Check) .*(sat|msat|to)");
            }
        }
    }

    @Test
    void isTaggedAndKeepsItsFonts() throws IOException {
        byte[] file = pdf.render(SampleReports.with(3), SampleReports.trend(3));

        try (PDDocument document = Loader.loadPDF(file)) {
            assertThat(document.getDocumentCatalog().getMarkInfo().isMarked()).isTrue();
            assertThat(document.getDocumentCatalog().getLanguage()).isEqualTo("en");
            assertThat(document.getDocumentCatalog().getOutputIntents()).hasSize(1);
            ByteArrayOutputStream metadata = new ByteArrayOutputStream();
            document.getDocumentCatalog().getMetadata().exportXMPMetadata().transferTo(metadata);
            assertThat(metadata.toString(UTF_8))
                    .contains("<pdfaid:part>3</pdfaid:part>", "<pdfaid:conformance>A<");
            List<String> fonts = new ArrayList<>();
            for (PDPage page : document.getPages()) {
                for (var name : page.getResources().getFontNames()) {
                    var font = page.getResources().getFont(name);
                    assertThat(font.isEmbedded()).as(font.getName()).isTrue();
                    fonts.add(font.getName());
                }
            }
            assertThat(fonts)
                    .anyMatch(font -> font.endsWith("+NotoSans-Regular"))
                    .anyMatch(font -> font.endsWith("+NotoSansMono-Regular"));
        }
    }

    @Test
    void printsHostileTextAndAsksNobodyForAnything() throws IOException {
        try (PDDocument document =
                Loader.loadPDF(pdf.render(SampleReports.hostile(16), List.of()))) {
            String text = text(document);

            assertThat(text).contains("<script>alert(\"1\")</script>", "₿ 0.001 ⚡");
            // No font has them: each says which sign it is.
            assertThat(text.replaceAll("\\s", "")).contains("[U+6F22][U+5B57]", "[U+1F355]");
            assertThat(annotations(document)).isEmpty();
        }
    }

    @Test
    void equalReportsGiveEqualBytes() {
        byte[] one = pdf.render(SampleReports.with(5), SampleReports.trend(3));
        byte[] two = pdf.render(SampleReports.with(5), SampleReports.trend(3));

        assertThat(Arrays.equals(one, two)).isTrue();
        assertThat(new String(one, ISO_8859_1))
                .contains("<xmp:CreateDate>2026-11-22T23:10:00Z</xmp:CreateDate>");
    }

    @Test
    void factsAloneHaveNoSealAndNoHistory() throws IOException {
        DayReport whole = SampleReports.with(3);
        DayReport facts =
                DayReport.ofFacts(
                        whole.facts(), whole.history().coverage(), false, "5b".repeat(32));

        try (PDDocument document = Loader.loadPDF(pdf.render(facts, List.of()))) {
            assertThat(text(document))
                    .contains("Facts only, not issued", sat(whole.facts().openMsat()))
                    .doesNotContain("Sign-off", "History digest", "Carried over");
        }
    }

    private static List<?> annotations(PDDocument document) {
        return Stream.iterate(0, i -> i < document.getNumberOfPages(), i -> i + 1)
                .flatMap(
                        i -> {
                            try {
                                return document.getPage(i).getAnnotations().stream();
                            } catch (IOException e) {
                                throw new IllegalStateException(e);
                            }
                        })
                .toList();
    }

    private static String text(PDDocument document) throws IOException {
        return new PDFTextStripper().getText(document);
    }

    private static String sat(BigInteger msat) {
        return Amounts.PAGE.sat(msat);
    }
}
