package tallystick.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import tallystick.db.report.LedgerReading;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.Register;

class HtmlReportTest {
    private final HtmlReport html = new HtmlReport();

    @ParameterizedTest
    @ValueSource(ints = {0, 40})
    void looksAsBefore(int mismatches) throws Exception {
        String page = html.render(Readings.with(mismatches), Readings.DAY);

        Golden.assertEqual("report-%d.html".formatted(mismatches), page);
    }

    @Test
    void showsHostileTextAsText() throws Exception {
        String page = html.render(Readings.hostile(16), Readings.DAY);

        Golden.assertEqual("report-hostile.html", page);
        Document document = parsed(page);
        assertThat(document.getElementsByTagName("script").getLength()).isZero();
        assertThat(document.getElementsByTagName("img").getLength()).isZero();
        assertThat(document.getElementsByTagName("b").getLength()).isZero();
        assertThat(document.getDocumentElement().getTextContent())
                .contains("<script>alert(\"1\")</script>", "₿ 0.001");
        assertThat(page).doesNotContain("\u202e", "\u0000", "\u001b");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4_000})
    void isWellFormed(int mismatches) throws Exception {
        Document document = parsed(html.render(Readings.with(mismatches), Readings.DAY));

        assertThat(document.getElementsByTagName("h1").getLength()).isEqualTo(1);
    }

    @Test
    void loadsNothing() throws Exception {
        Document document = parsed(html.render(Readings.with(40), Readings.DAY));

        assertThat(elements(document))
                .noneMatch(element -> element.hasAttribute("src"))
                .noneMatch(element -> element.getTagName().equals("link"))
                .allMatch(element -> !element.hasAttribute("href") || isWithin(element));
        assertThat(html.render(Readings.with(40), Readings.DAY)).doesNotContain("url(");
    }

    @Test
    void givesEveryAmountExactly() throws Exception {
        LedgerReading reading = Readings.with(40);

        Document document = parsed(html.render(reading, Readings.DAY));

        Register register = Register.of(reading.mismatches());
        List<String> titles =
                elements(document).stream().map(element -> element.getAttribute("title")).toList();
        for (Register.Line line : register.lines()) {
            assertThat(titles).contains(Amounts.PAGE.msat(line.mismatch().amountMsat()) + " msat");
        }
        assertThat(titles).contains(Amounts.PAGE.msat(register.residueMsat()) + " msat");
    }

    @Test
    void saysWhatDoesNotHold() throws Exception {
        String page = html.render(Readings.broken(), Readings.DAY);

        Golden.assertEqual("report-broken.html", page);
        assertThat(page)
                .contains(
                        "Not to be signed: a check does not hold",
                        "≠ does not hold",
                        "≠ drift",
                        "Stop signing: clearing and the residues differ by −0.005 sat.",
                        "Stop signing: debits and credits differ by −1,234<span class=\"m\">.567</span>",
                        "not known");
    }

    @Test
    void claimsNothingWithoutCoverage() {
        String page = html.render(Readings.empty(), Readings.DAY);

        assertThat(page).contains("Nothing is open. Not known: <bdi>no node has been read</bdi>.");
    }

    private static boolean isWithin(Element element) {
        return element.getAttribute("href").startsWith("#");
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
