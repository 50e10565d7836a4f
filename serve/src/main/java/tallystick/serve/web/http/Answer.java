package tallystick.serve.web.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/// What a request is answered with. Immutable.
public sealed interface Answer {
    /// A header beside those that every answer has.
    record Header(String name, String value) {}

    Header HTML = new Header("Content-Type", "text/html; charset=utf-8");

    int status();

    List<Header> headers();

    /// One that is known whole.
    record Whole(int status, List<Header> headers, byte[] body) implements Answer {
        public Whole {
            headers = List.copyOf(headers);
        }

        /// True of what has forms: files are kept, and by proxies too.
        boolean isPage() {
            return headers.contains(HTML);
        }

        /// The same with one header more.
        public Whole with(String name, String value) {
            List<Header> more = new ArrayList<>(headers);
            more.add(new Header(name, value));
            return new Whole(status, more, body);
        }
    }

    /// One that goes on until its writer returns.
    record Stream(int status, List<Header> headers, Writer writer) implements Answer {
        public Stream {
            headers = List.copyOf(headers);
        }
    }

    /// Writes what comes; fails when nobody reads it any more.
    interface Writer {
        void write(OutputStream out) throws IOException, InterruptedException;
    }

    static Whole html(int status, String page) {
        return new Whole(status, List.of(HTML), page.getBytes(UTF_8));
    }

    /// The page that shows what came of a form; or another that the person is sent to.
    ///
    /// @param path one of ours
    static Whole seeOther(String path) {
        return new Whole(303, List.of(new Header("Location", OwnPath.of(path))), new byte[0]);
    }

    /// An issuer's page to sign in at: the one place elsewhere that people are sent to, and never one that they name.
    static Whole elsewhere(URI address) {
        return new Whole(
                303, List.of(new Header("Location", address.toASCIIString())), new byte[0]);
    }

    /// Something that is saved as a file.
    static Whole download(String type, String name, byte[] bytes) {
        return new Whole(200, saved(type, name), bytes);
    }

    /// The same, written piece by piece.
    static Stream download(String type, String name, Writer writer) {
        return new Stream(200, saved(type, name), writer);
    }

    private static List<Header> saved(String type, String name) {
        return List.of(
                new Header("Content-Type", type),
                new Header(
                        "Content-Disposition",
                        "attachment; filename=\"%s\""
                                .formatted(name.replaceAll("[^A-Za-z0-9._-]", "_"))));
    }

    /// A file of the program, which the browser keeps: its address changes when it does.
    static Whole asset(String type, byte[] bytes) {
        return new Whole(
                200,
                List.of(
                        new Header("Content-Type", type),
                        new Header("Cache-Control", "public, max-age=31536000, immutable")),
                bytes);
    }

    /// Server-sent events.
    static Stream events(Writer writer) {
        return new Stream(
                200,
                List.of(
                        new Header("Content-Type", "text/event-stream; charset=utf-8"),
                        new Header("X-Accel-Buffering", "no")),
                writer);
    }
}
