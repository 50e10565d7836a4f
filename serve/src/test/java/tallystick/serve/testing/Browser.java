package tallystick.serve.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;

/// Somebody at the pages, with cookies but without script. Follows nothing by itself.
public final class Browser implements AutoCloseable {
    private static final Pattern TOKEN =
            Pattern.compile("name=\"form_token\" value=\"([A-Za-z0-9_-]+)\"");

    private final HttpClient client;
    private final String url;
    private final Map<String, String> cookies = new TreeMap<>();
    private final Map<String, String> headers = new HashMap<>();
    private String formToken = "";

    /// @param url of the server, without a path
    public Browser(String url) {
        this(url, HttpClient.newHttpClient());
    }

    /// @param tls that trusts the server
    public Browser(String url, SSLContext tls) {
        this(url, HttpClient.newBuilder().sslContext(tls).build());
    }

    private Browser(String url, HttpClient client) {
        this.url = url;
        this.client = client;
    }

    public HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return sent(request(path).GET().build());
    }

    /// What the server tells until the first event is whole.
    public String firstEvent(String path) throws IOException, InterruptedException {
        HttpResponse<InputStream> answer =
                client.send(
                        request(path).header("Accept", "text/event-stream").GET().build(),
                        HttpResponse.BodyHandlers.ofInputStream());
        try (var lines = new BufferedReader(new InputStreamReader(answer.body(), UTF_8))) {
            return lines.readLine() + "; " + lines.readLine();
        }
    }

    /// Sends a form with the token of the last page that had one.
    ///
    /// @param fields names and values in turn
    public HttpResponse<String> post(String path, String... fields)
            throws IOException, InterruptedException {
        var form = new StringJoiner("&");
        form.add("form_token=" + formToken);
        for (int i = 0; i < fields.length; i += 2) {
            form.add(fields[i] + "=" + URLEncoder.encode(fields[i + 1], UTF_8));
        }
        return sent(
                request(path)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(form.toString()))
                        .build());
    }

    public HttpResponse<String> signIn(String name, String password)
            throws IOException, InterruptedException {
        get("/sign-in");
        return post("/sign-in", "name", name, "password", password);
    }

    /// Sent with every request from now on.
    public Browser header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    public void formToken(String other) {
        formToken = other;
    }

    public Map<String, String> cookies() {
        return cookies;
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path));
        headers.forEach(request::header);
        if (!cookies.isEmpty()) {
            var all = new StringJoiner("; ");
            cookies.forEach((name, value) -> all.add(name + "=" + value));
            request.header("Cookie", all.toString());
        }
        return request;
    }

    private HttpResponse<String> sent(HttpRequest request)
            throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        for (String cookie : answer.headers().allValues("Set-Cookie")) {
            String[] pair = cookie.split(";", 2)[0].split("=", 2);
            if (cookie.contains("Max-Age=0")) {
                cookies.remove(pair[0]);
            } else {
                cookies.put(pair[0], pair[1]);
            }
        }
        Matcher token = TOKEN.matcher(answer.body());
        if (token.find()) {
            formToken = token.group(1);
        }
        return answer;
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
