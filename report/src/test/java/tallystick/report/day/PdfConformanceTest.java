package tallystick.report.day;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.verapdf.core.EncryptedPdfException;
import org.verapdf.core.ModelParsingException;
import org.verapdf.core.ValidationException;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;

/// Documents are what they claim to be, says veraPDF: files to keep for long, which a screen reader can read aloud.
class PdfConformanceTest {
    @BeforeAll
    static void start() {
        VeraGreenfieldFoundryProvider.initialise();
    }

    static Stream<DayReport> reports() {
        return Stream.of(
                SampleReports.with(0), SampleReports.longNames(12), SampleReports.hostile(5));
    }

    @ParameterizedTest
    @MethodSource("reports")
    void canBeKeptAndReadAloud(DayReport report) throws Exception {
        byte[] file = new DayPdf().render(report, SampleReports.trend(14));

        assertThat(failed(file, PDFAFlavour.PDFA_3_A)).as("PDF/A-3a").isEmpty();
        assertThat(failed(file, PDFAFlavour.PDFUA_1)).as("PDF/UA-1").isEmpty();
    }

    private static List<String> failed(byte[] file, PDFAFlavour flavour)
            throws IOException, ModelParsingException, EncryptedPdfException, ValidationException {
        try (PDFAParser parser =
                        Foundries.defaultInstance()
                                .createParser(new ByteArrayInputStream(file), flavour);
                PDFAValidator validator =
                        Foundries.defaultInstance().createValidator(flavour, false)) {
            return validator.validate(parser).getTestAssertions().stream()
                    .filter(one -> one.getStatus() == TestAssertion.Status.FAILED)
                    .map(one -> one.getMessage() + " at " + one.getLocation().getContext())
                    .toList();
        }
    }
}
