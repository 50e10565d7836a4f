package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.CookieManager;
import java.net.CookiePolicy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A browser at a demo's pages, as far as the server can tell.
final class Visitor {
    private static final Pattern TOLD =
            Pattern.compile("Pages: +(\\S+)\\s.*Password of both: (\\S+)", Pattern.DOTALL);

    private static final Pattern TOKEN = Pattern.compile("name=\"form_token\" value=\"([^\"]+)\"");

    private final String address;
    private final HttpClient client =
            HttpClient.newBuilder()
                    .cookieHandler(new CookieManager(null, CookiePolicy.ACCEPT_ALL))
                    .followRedirects(HttpClient.Redirect.NORMAL)
                    .build();
    private String page = "";

    private Visitor(String address) {
        this.address = address;
    }

    /// The address and the password stand on the terminal.
    static Visitor signInAsAnna(Program demo) throws Exception {
        Matcher found = TOLD.matcher(demo.said());
        while (!found.find()) {
            assertThat(demo.isRunning()).as(demo.said()).isTrue();
            Thread.sleep(100);
            found = TOLD.matcher(demo.said());
        }
        var visitor = new Visitor(found.group(1));
        assertThat(visitor.get("/mismatches")).contains("Sign in");
        assertThat(visitor.post("/sign-in", "name=anna&password=" + found.group(2)))
                .contains("anna");
        return visitor;
    }

    String get(String path) throws Exception {
        return send(HttpRequest.newBuilder(URI.create(address + path)).build());
    }

    private String post(String path, String form) throws Exception {
        Matcher token = TOKEN.matcher(page);
        assertThat(token.find()).as(page).isTrue();
        return send(
                HttpRequest.newBuilder(URI.create(address + path))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        form + "&form_token=" + token.group(1)))
                        .build());
    }

    private String send(HttpRequest request) throws Exception {
        page = client.send(request, HttpResponse.BodyHandlers.ofString()).body();
        return page;
    }
}
