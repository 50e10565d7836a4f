package tallystick.serve.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tallystick.db.Database;
import tallystick.db.Role;
import tallystick.report.day.BusinessDay;
import tallystick.report.day.ReportDesk;
import tallystick.serve.testing.Chromium;
import tallystick.serve.testing.ChromiumPage;
import tallystick.serve.testing.SeededRegister;
import tallystick.serve.testing.TestApi;
import tallystick.serve.testing.TestWeb;

/// What a browser makes of the pages: of registers of any size, of whatever people write, and without scripts. With
/// `-Dpictures=FOLDER` it also takes a picture of each page, light and dark, wide and narrow.
@Tag(Chromium.TAG)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChromiumIT {
    private static final LocalDate DAY = LocalDate.of(2026, 11, 22);
    private static final String ROLES = "preparer,approver,auditor,operator";
    private static final int FEW = 40;
    private static final int[] WIDTHS = {1440, 1024, 768, 390};

    private static final Optional<Path> PICTURES =
            Optional.ofNullable(System.getProperty("pictures")).map(Path::of);

    private Chromium chromium;

    @BeforeAll
    void start() throws Exception {
        chromium = Chromium.start();
    }

    @AfterAll
    void close() {
        if (chromium != null) {
            chromium.close();
        }
    }

    private static TestWeb web(int mismatches) throws Exception {
        var web = new TestWeb(() -> Instant.parse("2026-11-23T12:00:00Z"));
        SeededRegister.write(web.ledger(), mismatches);
        try (Database writer = web.ledger().connect(Role.WRITER)) {
            var desk = new ReportDesk(writer.dataSource(), TestApi.LEDGER, "test");
            var day = new BusinessDay(DAY, ZoneOffset.UTC, Duration.ofMinutes(10));
            var _ = desk.issue(day, day.dueAt());
        }
        return web;
    }

    /// By a name for its picture. What shows all of a very long register is drawn for pictures alone.
    private static Map<String, String> pages(int mismatches) {
        Map<String, String> pages = new LinkedHashMap<>();
        pages.put("overview", "/");
        pages.put("mismatches", "/mismatches");
        pages.put("nothing", "/mismatches?q=none%20of%20these");
        pages.put("reports", "/reports");
        pages.put("nodes", "/nodes");
        pages.put("node", "/nodes/" + SeededRegister.NODES.getLast());
        pages.put("accounts", "/accounts");
        pages.put("account", "/accounts/transfers?account=clearing");
        pages.put("items", "/items?q=abcdef");
        pages.put("decisions", "/decisions");
        pages.put("problem", "/nowhere");
        if (mismatches <= FEW || PICTURES.isPresent()) {
            for (int i = 0; i < Math.min(mismatches, SeededRegister.HOSTILE.size()); i++) {
                pages.put("mismatch-" + i, "/mismatches/" + SeededRegister.id(i));
            }
            pages.put("report", "/reports/" + DAY);
            pages.put("compare", "/reports/compare?first=%1$s&second=%1$s".formatted(DAY));
        }
        return pages;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, FEW, 4_000})
    void everyPageFitsItsWindowWhateverIsInIt(int mismatches) throws Exception {
        try (TestWeb web = web(mismatches)) {
            ChromiumPage page = chromium.page(web.url());
            page.open("/sign-in");
            look(page, "sign-in-nobody-" + mismatches);
            web.people().add("anna", ROLES, TestWeb.PASSWORD);
            page.signIn("anna", TestWeb.PASSWORD);
            for (Map.Entry<String, String> one : pages(mismatches).entrySet()) {
                page.open(one.getValue());
                look(page, one.getKey() + "-" + mismatches);
            }
        }
    }

    private static void look(ChromiumPage page, String name) throws Exception {
        for (int width : WIDTHS) {
            page.width(width);
            assertThat(page.overflows()).as("%s, %d pixels wide", name, width).isEmpty();
            if (PICTURES.isPresent()) {
                for (boolean isDark : new boolean[] {false, true}) {
                    page.dark(isDark);
                    String file = "%s-%d-%s.png".formatted(name, width, isDark ? "dark" : "light");
                    page.picture(PICTURES.get().resolve(file));
                }
                page.dark(false);
            }
        }
        assertThat(page.evaluate("document.title").asString()).as(name).endsWith(" · Tallystick");
    }

    @Test
    void everythingWorksWithoutScripts() throws Exception {
        try (TestWeb web = web(200)) {
            web.people().add("anna", ROLES, TestWeb.PASSWORD);
            ChromiumPage page = chromium.page(web.url());
            page.scripts(false);
            page.signIn("anna", TestWeb.PASSWORD);
            page.press("Mismatches");
            assertThat(page.words()).contains("200 open", "25 of 200, the worst first");

            page.press("Next page");
            page.press("Next page");
            assertThat(page.words()).contains("25 of 200, the worst first");
            page.press("First page");
            page.press("Age");
            assertThat(page.words()).contains("the oldest first");
            page.select("Severity", "Critical");
            page.fill("Hash, order or amount", "ord-00044");
            page.press("Filter");
            assertThat(page.path()).contains("q=ord-00044", "severity=CRITICAL", "sort=age");
            assertThat(
                            page.evaluate(
                                            "[...document.querySelectorAll('tbody tr')].every(one => one.innerText.includes('Critical'))")
                                    .asBoolean())
                    .isTrue();

            page.open("/mismatches/" + SeededRegister.id(0));
            page.choose("Add a note");
            page.fill("Reason or note", "The bank was asked.");
            page.press("Decide");
            assertThat(page.words()).contains("The decision is written.");
            assertThat(web.decisions().submitted())
                    .singleElement()
                    .satisfies(one -> assertThat(one.reason()).isEqualTo("The bank was asked."));

            page.open("/mismatches");
            page.choose("Select ");
            page.press("Assign owner");
            page.fill("Who looks after them", "bob");
            page.press("Assign");
            assertThat(page.words()).contains("✓ Written");

            page.open("/mismatches/" + SeededRegister.id(0));
            page.choose("Resolve.");
            page.fill("Reason or note", "It was explained.");
            page.press("Decide");
            assertThat(page.words()).contains("Nothing was changed.");
            assertThat(page.evaluate("document.getElementById('why').value").asString())
                    .isEqualTo("It was explained.");
            page.press("Sign out");
            assertThat(page.path()).isEqualTo("/sign-in");
        }
    }

    @Test
    void listsHaveKeys() throws Exception {
        try (TestWeb web = web(FEW)) {
            web.people().add("anna", ROLES, TestWeb.PASSWORD);
            ChromiumPage page = chromium.page(web.url());
            page.signIn("anna", TestWeb.PASSWORD);
            page.press("Mismatches");

            page.type("j", "j", "k", "x");
            assertThat(page.words()).contains("selected");
            assertThat(
                            page.evaluate("document.querySelectorAll(':checked[name=pick]').length")
                                    .asInt())
                    .isEqualTo(1);
            page.type("x", "/", "j");
            assertThat(page.evaluate("document.activeElement.value").asString()).isEqualTo("j");
            page.type("Escape");
            page.typeToGo("j", "Enter");
            assertThat(page.path()).startsWith("/mismatches/");
        }
    }
}
