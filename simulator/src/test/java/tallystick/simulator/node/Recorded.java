package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/// A line of a real node's recording.
///
/// @param call its number; 0 of a mark
/// @param text of a mark, or what an end says
record Recorded(long call, String rpc, String event, ByteString bytes, int code, String text) {
    private static final Pattern NUMBER = Pattern.compile("\"call\":(\\d+)");
    private static final Pattern RPC = Pattern.compile("\"rpc\":\"([^\"]*)\"");
    private static final Pattern EVENT = Pattern.compile("\"event\":\"([^\"]*)\"");
    private static final Pattern BYTES = Pattern.compile("\"bytes\":\"([^\"]*)\"");
    private static final Pattern CODE = Pattern.compile("\"code\":(\\d+)");
    private static final Pattern DETAIL = Pattern.compile("\"detail\":\"([^\"]*)\"");
    private static final Pattern MARK = Pattern.compile("\"mark\":\"([^\"]*)\"");

    static List<Recorded> read(String scenario, String alias) {
        String resource = "/recordings/%s/%s.jsonl.gz".formatted(scenario, alias);
        try (InputStream in = Recorded.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(resource + ": not on the class path");
            }
            var lines = new ArrayList<Recorded>();
            var reader =
                    new BufferedReader(
                            new InputStreamReader(new GZIPInputStream(in), StandardCharsets.UTF_8));
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line(line));
            }
            return lines;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Recorded line(String line) {
        Optional<String> mark = find(MARK, line);
        return new Recorded(
                find(NUMBER, line).map(Long::parseLong).orElse(0L),
                find(RPC, line).orElse(""),
                mark.map(_ -> "mark").orElseGet(() -> find(EVENT, line).orElse("")),
                ByteString.copyFrom(Base64.getDecoder().decode(find(BYTES, line).orElse(""))),
                find(CODE, line).map(Integer::parseInt).orElse(0),
                mark.orElseGet(() -> find(DETAIL, line).orElse("")));
    }

    private static Optional<String> find(Pattern pattern, String line) {
        Matcher matcher = pattern.matcher(line);
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    boolean isMessageOf(String asked) {
        return event.equals("message") && rpc.equals(asked);
    }
}
