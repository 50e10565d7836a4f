package tallystick.serve.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A window at the pages. Everything is found by the words that people see, and clicked where they would click. One thread.
public final class ChromiumPage {
    /// Rules of the Web Content Accessibility Guidelines.
    private static final String WCAG_AA = "['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa']";

    /// With its label's beginning, or with what is read out in its place.
    private static final String LABELLED =
            """
            [...document.querySelectorAll('label, [aria-label]')]
              .filter(one => (one.control ? one.innerText.trim() : one.ariaLabel ?? '').startsWith(%s))
              .map(one => one.control ?? one)[0]
            """;

    private static final String AXE = axe();

    /// Browsers draw no higher pictures.
    private static final int PICTURE_MAX = 12_000;

    private final DevTools devTools;
    private final String session;
    private final String url;

    ChromiumPage(DevTools devTools, String session, String url) throws InterruptedException {
        this.devTools = devTools;
        this.session = session;
        this.url = url;
        ask("Page.enable", Map.of());
        ask("Runtime.enable", Map.of());
        width(1440);
    }

    /// By the form.
    public void signIn(String name, String password) throws InterruptedException {
        open("/sign-in");
        fill("Name", name);
        fill("Password", password);
        press("Sign in");
    }

    public void open(String path) throws InterruptedException {
        devTools.expectLoad(session);
        JsonNode answer = ask("Page.navigate", Map.of("url", url + path));
        if (answer.has("errorText")) {
            throw new AssertionError(path + ": " + answer.path("errorText").asString());
        }
        devTools.awaitLoad(session);
    }

    /// Follows a link or presses a button, and waits for the page that comes.
    ///
    /// @param words all that it says
    public void press(String words) throws InterruptedException {
        devTools.expectLoad(session);
        click(
                "[...document.querySelectorAll('a, button')].find(one => one.innerText.trim() === %s)",
                words);
        devTools.awaitLoad(session);
    }

    /// Sets what has a label to the other state: a choice, or a tick.
    ///
    /// @param label its beginning, or what is read out in place of one
    public void choose(String label) throws InterruptedException {
        click(LABELLED, label);
    }

    /// @param label its beginning
    public void fill(String label, String text) throws InterruptedException {
        click(LABELLED, label);
        evaluate("document.activeElement.select()");
        ask("Input.insertText", Map.of("text", text));
    }

    /// @param label of the list, its beginning
    /// @param option a part of it
    public void select(String label, String option) throws InterruptedException {
        JsonNode index =
                evaluate(
                        """
                        (list => list.selectedIndex = [...list.options].findIndex(one => one.text.includes(%s)))(%s)
                        """
                                .formatted(quoted(option), LABELLED.formatted(quoted(label))));
        if (index.asInt(-1) < 0) {
            throw new AssertionError("%s: no choice %s".formatted(label, option));
        }
    }

    /// @param keys of a keyboard, such as `j` or `Enter`
    public void type(String... keys) throws InterruptedException {
        for (String key : keys) {
            Map<String, Object> event = new HashMap<>(Map.of("type", "keyDown", "key", key));
            if (key.length() == 1) {
                event.put("text", key);
            } else if (key.equals("Enter")) {
                event.put("text", "\r");
                event.put("windowsVirtualKeyCode", 13);
            }
            ask("Input.dispatchKeyEvent", event);
            ask("Input.dispatchKeyEvent", Map.of("type", "keyUp", "key", key));
        }
    }

    /// As `type`, with the last key bringing another page.
    public void typeToGo(String... keys) throws InterruptedException {
        devTools.expectLoad(session);
        type(keys);
        devTools.awaitLoad(session);
    }

    /// All that is to be read on the page.
    public String words() throws InterruptedException {
        return evaluate("document.body.innerText").asString();
    }

    /// Without the server.
    public String path() throws InterruptedException {
        return evaluate("location.pathname + location.search").asString();
    }

    /// What an expression in JavaScript is.
    public JsonNode evaluate(String expression) throws InterruptedException {
        JsonNode answer =
                ask(
                        "Runtime.evaluate",
                        Map.of(
                                "expression",
                                expression,
                                "returnByValue",
                                true,
                                "awaitPromise",
                                true));
        if (answer.has("exceptionDetails")) {
            throw new AssertionError(answer.path("exceptionDetails").toString());
        }
        return answer.path("result").path("value");
    }

    /// @param pixels what is narrow counts as a telephone
    public void width(int pixels) throws InterruptedException {
        ask(
                "Emulation.setDeviceMetricsOverride",
                Map.of(
                        "width",
                        pixels,
                        "height",
                        900,
                        "deviceScaleFactor",
                        1,
                        "mobile",
                        pixels < 700));
    }

    public void dark(boolean isDark) throws InterruptedException {
        ask(
                "Emulation.setEmulatedMedia",
                Map.of(
                        "features",
                        List.of(
                                Map.of(
                                        "name",
                                        "prefers-color-scheme",
                                        "value",
                                        isDark ? "dark" : "light"))));
    }

    /// From the next page on.
    public void scripts(boolean areOn) throws InterruptedException {
        ask("Emulation.setScriptExecutionDisabled", Map.of("value", !areOn));
    }

    /// What breaks a rule of WCAG 2.2 A or AA in light or dark colours, a line each. Of each table's rows, which are made alike,
    /// the first four and the last two are looked at; the others are taken away.
    public List<String> violations() throws InterruptedException {
        evaluate(AXE);
        evaluate(
                "document.querySelectorAll('tbody tr:nth-child(n+5):not(:nth-last-child(-n+2))').forEach(one => one.remove())");
        List<String> found =
                new ArrayList<>(broken("{type: 'tag', values: %s}".formatted(WCAG_AA)));
        dark(true);
        broken("['color-contrast']").forEach(one -> found.add("dark: " + one));
        dark(false);
        return found;
    }

    private List<String> broken(String rules) throws InterruptedException {
        return lines(
                """
                axe.run({runOnly: %s, resultTypes: ['violations']}).then(found =>
                  found.violations.flatMap(rule => rule.nodes.map(node =>
                    rule.id + ': ' + node.html.slice(0, 160) + ' ' + node.failureSummary.replace(/\\s+/g, ' '))))
                """
                        .formatted(rules));
    }

    /// What stands out to the right of the window, a line each; what can be scrolled by itself does not.
    public List<String> overflows() throws InterruptedException {
        return lines(
                """
                (() => {
                  const root = document.documentElement;
                  if (root.scrollWidth <= root.clientWidth) { return []; }
                  return ['page: ' + root.scrollWidth + ' of ' + root.clientWidth].concat(
                    [...document.querySelectorAll('body *')]
                      .filter(one => one.getBoundingClientRect().right > root.clientWidth + 1 && !one.closest('.scroll'))
                      .map(one => one.tagName + '.' + one.className + ': ' + one.innerText?.slice(0, 60)).slice(0, 5));
                })()
                """);
    }

    /// The page as PNG, whole or its first 12,000 pixels.
    public void picture(Path file) throws IOException, InterruptedException {
        JsonNode size = ask("Page.getLayoutMetrics", Map.of()).path("cssContentSize");
        int height = Math.min(size.path("height").asInt(), PICTURE_MAX);
        Map<String, Number> whole =
                Map.of(
                        "x",
                        0,
                        "y",
                        0,
                        "width",
                        size.path("width").asInt(),
                        "height",
                        height,
                        "scale",
                        1);
        JsonNode taken =
                ask(
                        "Page.captureScreenshot",
                        Map.of("format", "png", "captureBeyondViewport", true, "clip", whole));
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, Base64.getDecoder().decode(taken.path("data").asString()));
    }

    private void click(String expression, String words) throws InterruptedException {
        JsonNode place =
                evaluate(
                        """
                        (() => {
                          const one = %s;
                          if (!one) { return null; }
                          one.scrollIntoView({block: 'center'});
                          const box = one.getClientRects()[0];
                          return {x: box.x + box.width / 2, y: box.y + box.height / 2};
                        })()
                        """
                                .formatted(expression.formatted(quoted(words))));
        if (place.isNull() || place.isMissingNode()) {
            throw new AssertionError("%s: not on the page:%n%s".formatted(words, words()));
        }
        for (String event : List.of("mousePressed", "mouseReleased")) {
            ask(
                    "Input.dispatchMouseEvent",
                    Map.of(
                            "type",
                            event,
                            "x",
                            place.path("x").asDouble(),
                            "y",
                            place.path("y").asDouble(),
                            "button",
                            "left",
                            "clickCount",
                            1));
        }
    }

    private List<String> lines(String expression) throws InterruptedException {
        return evaluate(expression).valueStream().map(JsonNode::asString).toList();
    }

    private static String quoted(String text) {
        return JsonMapper.shared().writeValueAsString(text);
    }

    private JsonNode ask(String method, Map<String, ?> parameters) throws InterruptedException {
        return devTools.ask(session, method, parameters);
    }

    private static String axe() {
        try (InputStream in = ChromiumPage.class.getResourceAsStream("/axe.min.js")) {
            if (in == null) {
                throw new IllegalStateException("axe.min.js: none (expected: in axe-core's jar)");
            }
            return new String(in.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
