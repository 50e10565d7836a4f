package tallystick.serve.web.http;

import java.util.Map;
import java.util.Optional;

/// What was asked. Immutable.
///
/// @param path decoded, without the query
/// @param target the path with its query, as it came
/// @param headers by their names in lower case
/// @param address of whoever asks
public record WebRequest(
        String method,
        String path,
        String target,
        Fields query,
        Fields form,
        Map<String, String> headers,
        Map<String, String> cookies,
        String address) {
    public WebRequest {
        headers = Map.copyOf(headers);
        cookies = Map.copyOf(cookies);
    }

    /// @param name in lower case
    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    /// False of what a page asks for by itself, to keep up to date: nobody need be before it.
    public boolean isByPerson() {
        return header("x-tallystick-live").isEmpty()
                && !header("accept").orElse("").startsWith("text/event-stream");
    }

    /// True of what changes nothing.
    public boolean isReading() {
        return method.equals("GET") || method.equals("HEAD");
    }
}
