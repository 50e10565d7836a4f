package tallystick.report.day;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import tallystick.report.Golden;
import tallystick.report.day.DayReport.Mismatch;
import tallystick.report.figures.Amounts;

class DayHtmlTest {
    private final DayHtml html = new DayHtml();

    @ParameterizedTest
    @ValueSource(ints = {0, 12})
    void looksAsBefore(int mismatches) throws Exception {
        Golden.assertEqual(
                "day-%d.html".formatted(mismatches),
                html.render(SampleReports.with(mismatches), SampleReports.trend(5)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4_000})
    void isWellFormed(int mismatches) throws Exception {
        Document document =
                parsed(html.render(SampleReports.with(mismatches), SampleReports.trend(14)));

        assertThat(document.getElementsByTagName("h1").getLength()).isEqualTo(1);
    }

    @Test
    void showsHostileTextAsText() throws Exception {
        String page = html.render(SampleReports.hostile(16), List.of());

        Golden.assertEqual("day-hostile.html", page);
        Document document = parsed(page);
        for (String tag : List.of("script", "img", "b", "link")) {
            assertThat(document.getElementsByTagName(tag).getLength()).as(tag).isZero();
        }
        assertThat(document.getDocumentElement().getTextContent())
                .contains("<script>alert(\"1\")</script>", "₿ 0.001");
        assertThat(page).doesNotContain("\u202e", "\u0000", "\u001b");
    }

    /// It stands within the words that head each printed page.
    @Test
    void aLedgersNameStaysAString() {
        DayReport report = SampleReports.hostile(0);

        assertThat(new DayPage(report, List.of(), "", 0).ledgerInStyle())
                .isEqualTo("\\3c b\\3e \\fffd \\26 \\fffd ");
    }

    @Test
    void loadsNothing() throws Exception {
        String page = html.render(SampleReports.longNames(40), SampleReports.trend(14));

        assertThat(elements(parsed(page)))
                .noneMatch(element -> element.hasAttribute("src"))
                .allMatch(
                        element ->
                                !element.hasAttribute("href")
                                        || element.getAttribute("href").startsWith("#"));
        assertThat(page).doesNotContain("url(");
    }

    @Test
    void givesEveryAmountExactly() throws Exception {
        DayReport report = SampleReports.with(40);

        List<String> titles =
                elements(parsed(html.render(report, List.of()))).stream()
                        .map(element -> element.getAttribute("title"))
                        .toList();

        for (Mismatch one : report.facts().open()) {
            assertThat(titles).contains(Amounts.PAGE.msat(one.amountMsat()) + " msat");
        }
        assertThat(titles).contains(Amounts.PAGE.msat(report.facts().openMsat()) + " msat");
    }

    @Test
    void countsTheResidueOfAnItemOnce() {
        Mismatch one = SampleReports.with(3).facts().open().getFirst();
        Mismatch other =
                new Mismatch(
                        "other",
                        "FEE_DIFFERS",
                        "Routing fee differs",
                        "LOW",
                        one.node(),
                        one.reference(),
                        5,
                        one.residueMsat(),
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        one.since(),
                        "",
                        "",
                        "",
                        "");
        DayReport report = SampleReports.of(SampleReports.with(0), List.of(one, other));

        assertThat(new DayPage(report, List.of(), "", 2).byCode())
                .extracting(DayPage.OfCode::residueMsat)
                .containsExactly(BigInteger.valueOf(one.residueMsat()), BigInteger.ZERO);
    }

    @Test
    void agesAddUpToWhatIsOpen() {
        DayReport report = SampleReports.with(40);

        BigInteger sum =
                new DayPage(report, List.of(), "", 0)
                        .ages().stream()
                                .map(age -> age.sum().msat())
                                .reduce(BigInteger.ZERO, BigInteger::add);

        assertThat(sum).isEqualTo(report.facts().openMsat());
    }

    private static Document parsed(String page) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        return factory.newDocumentBuilder().parse(new ByteArrayInputStream(page.getBytes(UTF_8)));
    }

    private static List<Element> elements(Document document) {
        NodeList all = document.getElementsByTagName("*");
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < all.getLength(); i++) {
            if (all.item(i) instanceof Element element) {
                elements.add(element);
            }
        }
        return elements;
    }
}
