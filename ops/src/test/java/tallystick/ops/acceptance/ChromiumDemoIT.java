package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.serve.testing.Chromium;
import tallystick.serve.testing.ChromiumPage;

/// Two people with real browsers at the demo's pages: anna, who sits at a desk by day, and bob, who has a telephone and the night.
@Tag(Chromium.TAG)
class ChromiumDemoIT {
    private static final Pattern TOLD =
            Pattern.compile("Pages: +(\\S+)\\s.*Password of both: (\\S+)", Pattern.DOTALL);

    private static final String HASH = "ca0f5515";
    private static final String DAY = "2026-11-22";

    @TempDir Path directory;

    @Test
    void fromAHashToAClosedDay() throws Exception {
        try (Chromium chromium = Chromium.start()) {
            Program demo = Program.start(directory, List.of("demo", "--serve"));
            try {
                Matcher told = told(demo);
                ChromiumPage anna = chromium.page(told.group(1));
                ChromiumPage bob = chromium.page(told.group(1));
                bob.width(390);
                bob.dark(true);

                annaAsks(anna, told.group(2));
                bobApproves(bob, told.group(2));
                restate();
                bothSign(anna, bob);
                everybodyCanReadEveryPage(anna);
            } finally {
                demo.stop();
            }
        }
    }

    private static Matcher told(Program demo) throws Exception {
        Matcher told = TOLD.matcher(demo.said());
        while (!told.find()) {
            assertThat(demo.isRunning()).as(demo.said()).isTrue();
            Thread.sleep(100);
            told = TOLD.matcher(demo.said());
        }
        return told;
    }

    private static void annaAsks(ChromiumPage anna, String password) throws Exception {
        anna.open("/mismatches");
        assertThat(anna.path()).isEqualTo("/sign-in?to=%2Fmismatches");
        requireReadable(anna);
        anna.fill("Name", "anna");
        anna.fill("Password", password);
        anna.press("Sign in");
        anna.fill("Hash, order or amount", HASH);
        anna.press("Filter");
        anna.press("Wrong unit in the books");
        assertThat(anna.words())
                .contains("Both halves", "+9,818.000", "+9,818,000.000", "≠ differs", HASH);

        anna.choose("Resolve.");
        anna.fill("Reason or note", "The import took sat for msat.");
        anna.press("Decide");
        assertThat(anna.words())
                .contains("on clearing (expected: none, or Adjust", "Nothing was changed.");

        anna.choose("Adjust.");
        anna.fill("Adjust: account", "losses");
        anna.press("Decide");
        assertThat(anna.words())
                .contains("The decision took effect.", "Waits for a second person.")
                .contains("It is your own, so another person has to approve it.")
                .doesNotContain("Approve\n");
    }

    private static void bobApproves(ChromiumPage bob, String password) throws Exception {
        bob.signIn("bob", password);
        bob.press("Mismatches");
        bob.fill("Hash, order or amount", HASH);
        bob.press("Filter");
        bob.press("Wrong unit in the books");
        assertThat(bob.words()).contains("anna wants to move", "The import took sat for msat.");
        bob.press("Approve");
        assertThat(bob.words()).contains("The decision took effect.", "✓ Resolved");
    }

    /// The day's report was issued before they decided; its next edition knows that they did.
    private void restate() throws Exception {
        Program.Ended restated =
                Program.run(
                        directory,
                        List.of("report", "restate", DAY, "--reason", "Units were corrected"));
        assertThat(restated.exitCode()).as(restated.said()).isZero();
    }

    private static void bothSign(ChromiumPage anna, ChromiumPage bob) throws Exception {
        anna.press("Reports");
        anna.press(DAY);
        assertThat(anna.words())
                .contains("2, this one", "27 mismatches are open", "The import took sat for msat.")
                .containsPattern("Resolved by a person\\s+1\\s+−9,808,182\\.000");
        anna.fill("Comment", "Read in full.");
        anna.press("Sign as prepared");
        assertThat(anna.words()).contains("The signature took effect.", "You have prepared it");

        bob.press("Reports");
        bob.press(DAY);
        bob.press("Countersign, and close the day");
        assertThat(bob.words()).contains("The day is closed.");
        bob.press("Sign out");
        assertThat(bob.path()).isEqualTo("/sign-in");
    }

    /// By the rules of WCAG 2.2 A and AA, by day and by night.
    private static void everybodyCanReadEveryPage(ChromiumPage page) throws Exception {
        for (String path :
                List.of(
                        "/",
                        "/mismatches",
                        "/reports",
                        "/reports/" + DAY,
                        "/reports/compare?first=%1$s&first-edition=1&second=%1$s".formatted(DAY),
                        "/nodes",
                        "/accounts",
                        "/accounts/transfers?account=clearing",
                        "/items",
                        "/items?q=" + HASH,
                        "/decisions",
                        "/nowhere")) {
            page.open(path);
            requireReadable(page);
        }
        page.open("/mismatches");
        page.press("Done in the books only");
        requireReadable(page);
        page.press("The whole item");
        page.open(
                page.evaluate("document.querySelector('tbody a').getAttribute('href')").asString());
        assertThat(page.words()).contains("Evidence");
        requireReadable(page);
        page.open("/nodes");
        page.press("alice");
        assertThat(page.words()).contains("Balance proof");
        requireReadable(page);
        page.open("/mismatches");
        page.choose("Select ");
        page.press("Ignore until");
        requireReadable(page);
    }

    private static void requireReadable(ChromiumPage page) throws Exception {
        assertThat(page.words()).as(page.path()).doesNotContain("An error of the program");
        assertThat(page.violations()).as(page.path()).isEmpty();
        page.width(390);
        assertThat(page.overflows()).as("%s on a telephone", page.path()).isEmpty();
        page.width(1440);
    }
}
