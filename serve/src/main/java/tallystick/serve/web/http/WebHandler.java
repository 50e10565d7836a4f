package tallystick.serve.web.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.eclipse.jetty.http.HttpCookie;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/// Between the HTTP server and our pages. Any thread.
public final class WebHandler extends Handler.Abstract {
    /// A form has a few fields of text.
    public static final int BODY_BYTES_MAX = 64 << 10;

    private static final String FORM = "application/x-www-form-urlencoded";

    /// Nothing from elsewhere, no script or style in the page itself, no frame around it.
    private static final String CONTENT_SECURITY_POLICY =
            "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static final Map<String, String> HEADERS =
            Map.of(
                    "Content-Security-Policy", CONTENT_SECURITY_POLICY,
                    "X-Content-Type-Options", "nosniff",
                    "X-Frame-Options", "DENY",
                    "Referrer-Policy", "same-origin",
                    "Cross-Origin-Opener-Policy", "same-origin",
                    "Cross-Origin-Resource-Policy", "same-origin",
                    "Permissions-Policy", "camera=(), geolocation=(), microphone=()");

    private static final String HSTS = "max-age=31536000";

    private final Gate gate;
    private final Arrivals arrivals;
    private final boolean isSecure;
    private final boolean isBehindProxy;

    /// @param isSecure whether browsers come by TLS
    /// @param isBehindProxy whether a proxy of ours says from where they come
    public WebHandler(Gate gate, Arrivals arrivals, boolean isSecure, boolean isBehindProxy) {
        this.gate = gate;
        this.arrivals = arrivals;
        this.isSecure = isSecure;
        this.isBehindProxy = isBehindProxy;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        arrivals.arrived(request);
        Answer answer;
        try {
            answer = gate.answer(read(request));
        } catch (WebProblem e) {
            answer =
                    new Answer.Whole(
                            e.status(),
                            java.util.List.of(),
                            String.valueOf(e.getMessage()).getBytes(UTF_8));
        }
        response.setStatus(answer.status());
        guard(response);
        if (isSecure) {
            response.getHeaders().put("Strict-Transport-Security", HSTS);
        }
        for (Answer.Header header : answer.headers()) {
            if (header.name().equals("Set-Cookie")) {
                response.getHeaders().add(header.name(), header.value());
            } else {
                response.getHeaders().put(header.name(), header.value());
            }
        }
        switch (answer) {
            case Answer.Whole(_, _, byte[] body) ->
                    response.write(true, ByteBuffer.wrap(body), callback);
            case Answer.Stream _ when request.getMethod().equals("HEAD") -> callback.succeeded();
            case Answer.Stream(_, _, Answer.Writer writer) -> write(writer, response, callback);
        }
        return true;
    }

    /// Answers what could not be understood so far that a page could be made.
    public static boolean refuse(Request request, Response response, Callback callback) {
        guard(response);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/plain; charset=utf-8");
        byte[] body = "This was not understood. Nothing was changed.".getBytes(UTF_8);
        response.write(true, ByteBuffer.wrap(body), callback);
        return true;
    }

    private static void guard(Response response) {
        HEADERS.forEach(response.getHeaders()::put);
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
    }

    private static void write(Answer.Writer writer, Response response, Callback callback) {
        try (OutputStream out = Content.Sink.asOutputStream(response)) {
            writer.write(out);
        } catch (IOException e) {
            // Whoever read it is gone.
            callback.failed(e);
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            callback.failed(e);
            return;
        }
        callback.succeeded();
    }

    private WebRequest read(Request request) throws IOException {
        Map<String, String> headers = new HashMap<>();
        for (HttpField field : request.getHeaders()) {
            headers.merge(
                    field.getName().toLowerCase(Locale.ROOT),
                    Objects.requireNonNullElse(field.getValue(), ""),
                    (one, two) -> one + ", " + two);
        }
        Map<String, String> cookies = new HashMap<>();
        for (HttpCookie cookie : Request.getCookies(request)) {
            cookies.putIfAbsent(cookie.getName(), cookie.getValue());
        }
        String query = Objects.requireNonNullElse(request.getHttpURI().getQuery(), "");
        return new WebRequest(
                request.getMethod(),
                Request.getPathInContext(request),
                request.getHttpURI().getPathQuery(),
                Fields.parse(query),
                Fields.parse(form(request, headers)),
                headers,
                cookies,
                address(request, headers));
    }

    private static String form(Request request, Map<String, String> headers) throws IOException {
        if (!request.getMethod().equals("POST")) {
            return "";
        }
        if (!headers.getOrDefault("content-type", "").toLowerCase(Locale.ROOT).startsWith(FORM)) {
            throw new WebProblem(415, "Only forms are taken. Nothing was changed.");
        }
        // Closed before its end, it would fail the request, and our answer with it.
        InputStream in = Content.Source.asInputStream(request);
        byte[] body = in.readNBytes(BODY_BYTES_MAX + 1);
        if (body.length > BODY_BYTES_MAX) {
            throw new WebProblem(
                    413,
                    "The form is longer than %d KiB. Nothing was changed."
                            .formatted(BODY_BYTES_MAX >> 10));
        }
        return new String(body, UTF_8);
    }

    /// A proxy adds, last, the address that it sees.
    private String address(Request request, Map<String, String> headers) {
        String forwarded = headers.getOrDefault("x-forwarded-for", "");
        return isBehindProxy && !forwarded.isBlank()
                ? forwarded.substring(forwarded.lastIndexOf(',') + 1).strip()
                : Request.getRemoteAddr(request);
    }
}
