package tallystick.report.day;

import static com.openhtmltopdf.outputdevice.helper.BaseRendererBuilder.FSFontUseCase.DOCUMENT;
import static com.openhtmltopdf.outputdevice.helper.BaseRendererBuilder.FSFontUseCase.FALLBACK_FINAL;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.openhtmltopdf.extend.SVGDrawer;
import com.openhtmltopdf.outputdevice.helper.BaseRendererBuilder.FSFontUseCase;
import com.openhtmltopdf.outputdevice.helper.BaseRendererBuilder.FontStyle;
import com.openhtmltopdf.outputdevice.helper.ExternalResourceControlPriority;
import com.openhtmltopdf.pdfboxout.PdfBoxRenderer;
import com.openhtmltopdf.pdfboxout.PdfRendererBuilder;
import com.openhtmltopdf.util.XRLog;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.GregorianCalendar;
import java.util.List;
import java.util.logging.Level;
import java.util.regex.Pattern;
import org.apache.fontbox.ttf.CmapLookup;
import org.apache.fontbox.ttf.TTFParser;
import org.apache.fontbox.ttf.TrueTypeFont;
import org.apache.pdfbox.io.RandomAccessReadBuffer;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.common.PDMetadata;

/// A report as PDF/A with its structure, for people to keep and to sign: the page that a browser prints, with fonts of its own.
/// Any thread.
public final class DayPdf {
    /// Rows of a list that are printed; nobody reads more on paper, and CSV, XLSX and JSON have them all.
    static final int ROWS_MAX = 250;

    private static final Pattern CREATED =
            Pattern.compile("(<xmp:CreateDate>)[^<]*(</xmp:CreateDate>)");

    /// First in the stylesheet's list of fonts.
    private static final String SANS = "system-ui";

    private static final String MONO = "ui-monospace";

    private static final String REGULAR = "NotoSans-Regular";
    private static final String MONOSPACED = "NotoSansMono-Regular";

    /// Of which the first that has a sign draws it, where the text's own font has not.
    private static final List<String> WITH_SIGNS =
            List.of(REGULAR, MONOSPACED, "NotoSansSymbols2-Regular");

    public byte[] render(DayReport report, List<DayPage.Point> trend) {
        // What it does not know of a stylesheet, and how long it took, is of no use to anybody.
        XRLog.listRegisteredLoggers().forEach(logger -> XRLog.setLevel(logger, Level.SEVERE));
        String page = new DayHtml().forPaper(report, trend, ROWS_MAX);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (SVGDrawer charts = new ChartDrawer()) {
            PdfRendererBuilder builder = new PdfRendererBuilder();
            builder.withHtmlContent(Fonts.LOADED.drawable(page), null);
            builder.usePdfAConformance(PdfRendererBuilder.PdfAConformance.PDFA_3_A);
            builder.usePdfUaAccessibility(true);
            builder.useColorProfile(ICC_Profile.getInstance(ColorSpace.CS_sRGB).getData());
            builder.withProducer("Tallystick");
            builder.useSVGDrawer(charts);
            // What comes from outside must not make us ask anybody for anything.
            builder.useUriResolver((_, _) -> null);
            for (ExternalResourceControlPriority when : ExternalResourceControlPriority.values()) {
                builder.useExternalResourceAccessControl((_, _) -> false, when);
            }
            addFonts(builder);
            try (PdfBoxRenderer renderer = builder.buildPdfRenderer()) {
                renderer.layout();
                try (PDDocument document = renderer.createPDFKeepOpen()) {
                    date(document, report);
                    document.save(bytes);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e); // Memory does not fail.
        }
        return bytes.toByteArray();
    }

    /// Equal reports give equal bytes: a file is dated and numbered by its report.
    private static void date(PDDocument document, DayReport report) throws IOException {
        Instant moment = report.isIssued() ? report.seal().issuedAt() : report.facts().to();
        document.setDocumentId(moment.toEpochMilli());
        document.getDocumentInformation()
                .setCreationDate(GregorianCalendar.from(moment.atZone(ZoneOffset.UTC)));
        PDMetadata metadata = document.getDocumentCatalog().getMetadata();
        String text = new String(metadata.toByteArray(), UTF_8);
        String created = "$1" + moment.truncatedTo(ChronoUnit.SECONDS) + "$2";
        metadata.importXMPMetadata(CREATED.matcher(text).replaceAll(created).getBytes(UTF_8));
    }

    private static void addFonts(PdfRendererBuilder builder) {
        add(builder, REGULAR, SANS, 400, FontStyle.NORMAL, DOCUMENT);
        add(builder, "NotoSans-Italic", SANS, 400, FontStyle.ITALIC, DOCUMENT);
        add(builder, "NotoSans-Bold", SANS, 600, FontStyle.NORMAL, DOCUMENT);
        add(builder, MONOSPACED, MONO, 400, FontStyle.NORMAL, DOCUMENT);
        for (String file : WITH_SIGNS) {
            add(builder, file, file, 400, FontStyle.NORMAL, FALLBACK_FINAL);
        }
    }

    private static void add(
            PdfRendererBuilder builder,
            String file,
            String family,
            int weight,
            FontStyle style,
            FSFontUseCase use) {
        builder.useFont(() -> Fonts.open(file), family, weight, style, true, EnumSet.of(use));
    }

    /// Which signs the fonts can draw. Any thread.
    private static final class Fonts {
        static final Fonts LOADED = new Fonts(WITH_SIGNS);

        private static final int TABLE_COUNT_AT = 4;
        private static final int TABLES_AT = 12;
        private static final int TABLE_BYTES = 16;
        private static final int GLYPH_SUBSTITUTION = 0x47535542; // GSUB
        private static final int PASSED_OVER = 0x58535542; // XSUB

        private final List<CmapLookup> signs = new ArrayList<>();

        private Fonts(List<String> files) {
            for (String file : files) {
                try (InputStream in = open(file);
                        TrueTypeFont font = new TTFParser().parse(new RandomAccessReadBuffer(in))) {
                    signs.add(font.getUnicodeCmapLookup());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }

        static InputStream open(String file) {
            try (InputStream font =
                    DayPdf.class.getResourceAsStream("/tallystick/report/fonts/" + file + ".ttf")) {
                if (font == null) {
                    throw new IllegalStateException(
                            "font %s: none (expected: among the program's resources)"
                                    .formatted(file));
                }
                return new ByteArrayInputStream(withoutLigatures(font.readAllBytes()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /// Looking for ligatures, of which reports need none, takes PDFBox as long as all the rest of a document. A table of the
        /// font (OpenType 1.9, "Table Directory") is passed over under a name that nobody knows.
        private static byte[] withoutLigatures(byte[] font) {
            ByteBuffer bytes = ByteBuffer.wrap(font);
            int tables = bytes.getShort(TABLE_COUNT_AT);
            for (int i = 0; i < tables; i++) {
                int at = TABLES_AT + i * TABLE_BYTES;
                if (bytes.getInt(at) == GLYPH_SUBSTITUTION) {
                    bytes.putInt(at, PASSED_OVER);
                }
            }
            return font;
        }

        /// A sign that no font has would be drawn as another; its number says which it is.
        String drawable(String page) {
            StringBuilder result = new StringBuilder(page.length());
            page.codePoints()
                    .forEach(
                            point -> {
                                if (point < 0x80 || isDrawn(point)) {
                                    result.appendCodePoint(point);
                                } else {
                                    result.append("[U+%04X]".formatted(point));
                                }
                            });
            return result.toString();
        }

        private boolean isDrawn(int point) {
            return signs.stream().anyMatch(font -> font.getGlyphId(point) != 0);
        }
    }
}
