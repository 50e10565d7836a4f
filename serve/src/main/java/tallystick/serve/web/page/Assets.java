package tallystick.serve.web.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import tallystick.report.day.DayHtml;
import tallystick.serve.web.http.Answer;
import tallystick.serve.web.http.Routes;

/// Stylesheets, script and sign: files of the program. Their addresses hold their digests, so browsers keep them. Any thread.
public final class Assets {
    private static final int DIGEST_DIGITS = 12;

    private final Asset style =
            asset(
                    "tallystick",
                    "css",
                    "text/css; charset=utf-8",
                    DayHtml.stylesheet().getBytes(UTF_8));
    private final Asset pages = asset("pages", "css", "text/css; charset=utf-8", own("pages.css"));
    private final Asset script =
            asset("pages", "js", "text/javascript; charset=utf-8", own("pages.js"));
    private final Asset icon = asset("icon", "svg", "image/svg+xml", own("icon.svg"));

    private record Asset(String path, String type, byte[] bytes) {}

    public void addTo(Routes routes) {
        for (Asset one : new Asset[] {style, pages, script, icon}) {
            routes.openGet(one.path(), _ -> Answer.asset(one.type(), one.bytes()));
        }
    }

    /// Of pages and documents.
    public String style() {
        return style.path();
    }

    /// What only pages have.
    public String pages() {
        return pages.path();
    }

    public String script() {
        return script.path();
    }

    public String icon() {
        return icon.path();
    }

    private static Asset asset(String name, String ending, String type, byte[] bytes) {
        try {
            String digest =
                    HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes))
                            .substring(0, DIGEST_DIGITS);
            return new Asset("/assets/%s-%s.%s".formatted(name, digest, ending), type, bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] own(String name) {
        try (InputStream in = Assets.class.getResourceAsStream("/tallystick/serve/web/" + name)) {
            if (in == null) {
                throw new IllegalStateException(
                        "%s: none (expected: among the program's resources)".formatted(name));
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
