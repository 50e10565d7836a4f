package tallystick.simulator.replay;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Reads one node's file line by line and checks each line as it comes. Used once, by one thread.
final class RecordingReader {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Pattern CHECKPOINT = Pattern.compile("checkpoint (\\d{1,9}) (begin|end)");
    private static final int SHOWN_MAX = 60;

    private final String alias;
    private final Path file;
    private final List<Line> lines = new ArrayList<>();
    private final Map<Long, String> openCalls = new HashMap<>();
    private final List<Checkpoint> checkpoints = new ArrayList<>();
    private int number;
    private long latest = Long.MIN_VALUE;

    private int checkpointNumber;
    private int checkpointLine; // 0 outside of a checkpoint
    private Map<String, List<Checkpoint.Answer>> lists = new LinkedHashMap<>();
    private final Map<Long, Line.Message> listed = new HashMap<>();

    RecordingReader(String alias, Path file) {
        this.alias = alias;
        this.file = file;
    }

    NodeRecording read(MessageDigest digest) {
        digest.update(alias.getBytes(UTF_8));
        digest.update((byte) 0); // Ends the alias: "ab" + "c" must not be "a" + "bc".
        try (InputStream raw = Files.newInputStream(file);
                InputStream bytes = new DigestInputStream(decompressed(raw), digest);
                var reader = new BufferedReader(new InputStreamReader(bytes, UTF_8.newDecoder()))) {
            for (String text = reader.readLine(); text != null; text = reader.readLine()) {
                number++;
                add(line(text));
            }
        } catch (EOFException e) {
            throw wrong("file", "cut off after this line", "a complete gzip file", e);
        } catch (ZipException e) {
            throw wrong("file", "damaged: " + e.getMessage(), "a gzip file", e);
        } catch (CharacterCodingException e) {
            throw wrong("file", "not UTF-8 after this line", "UTF-8", e);
        } catch (IOException e) {
            throw wrong("file", RecordingException.reason(e), "a file that can be read", e);
        }
        if (lines.isEmpty()) {
            throw wrong("file", "empty", "at least one line", null);
        }
        if (checkpointLine != 0) {
            throw wrong("mark", "the file ends in checkpoint " + checkpointNumber, "its end", null);
        }
        return new NodeRecording(alias, file, lines, checkpoints);
    }

    private InputStream decompressed(InputStream raw) throws IOException {
        return file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw;
    }

    private void add(Line line) {
        if (line.at() < latest) {
            throw wrong("at", Long.toString(line.at()), "not before the line above, " + latest);
        }
        latest = line.at();
        switch (line) {
            case Line.Mark mark -> mark(mark);
            case Line.Request request -> {
                if (openCalls.put(request.call(), request.rpc()) != null) {
                    throw wrong(
                            "call", Long.toString(request.call()), "no request while it is open");
                }
            }
            case Line.Message message -> {
                requireOpen(message.call(), message.rpc());
                if (checkpointLine != 0) {
                    listed.put(message.call(), message);
                }
            }
            case Line.End end -> {
                requireOpen(end.call(), end.rpc());
                openCalls.remove(end.call());
                if (checkpointLine != 0) {
                    answer(end);
                }
            }
        }
        lines.add(line);
    }

    private void requireOpen(long call, String rpc) {
        String opened = openCalls.get(call);
        if (opened == null) {
            throw wrong("call", Long.toString(call), "a call whose request is above and not ended");
        }
        if (!opened.equals(rpc)) {
            throw wrong("rpc", rpc, "that of the call's request, " + opened);
        }
    }

    private void answer(Line.End end) {
        Line.Message message = listed.remove(end.call());
        if (message == null && end.code() == 0) {
            return; // The end of a stream: no list call ends well without a message.
        }
        var answer =
                message == null
                        ? new Checkpoint.Answer(
                                end.number(), ByteString.EMPTY, end.code(), end.detail())
                        : new Checkpoint.Answer(
                                message.number(), message.bytes(), end.code(), end.detail());
        lists.computeIfAbsent(end.rpc(), _ -> new ArrayList<>()).add(answer);
    }

    private void mark(Line.Mark mark) {
        Matcher matcher = CHECKPOINT.matcher(mark.text());
        if (!matcher.matches()) {
            return;
        }
        int named = Integer.parseInt(matcher.group(1));
        if (matcher.group(2).equals("begin")) {
            if (checkpointLine != 0) {
                throw wrong("mark", mark.text(), "the end of checkpoint " + checkpointNumber);
            }
            if (!checkpoints.isEmpty() && named <= checkpoints.getLast().number()) {
                throw wrong("mark", mark.text(), "more than " + checkpoints.getLast().number());
            }
            checkpointNumber = named;
            checkpointLine = mark.number();
        } else {
            if (checkpointLine == 0 || named != checkpointNumber) {
                throw wrong("mark", mark.text(), "an end after its begin");
            }
            checkpoints.add(new Checkpoint(checkpointNumber, checkpointLine, lists));
            checkpointLine = 0;
            lists = new LinkedHashMap<>();
            listed.clear();
        }
    }

    private Line line(String text) {
        JsonNode json = json(text);
        long at = integer(json, "at", 0, Long.MAX_VALUE);
        if (json.has("mark")) {
            return new Line.Mark(at, number, string(json, "mark"));
        }
        long call = integer(json, "call", 0, Long.MAX_VALUE);
        String rpc = rpc(json);
        String event = string(json, "event");
        return switch (event) {
            case "request" -> new Line.Request(at, number, call, rpc, bytes(json));
            case "message" -> new Line.Message(at, number, call, rpc, bytes(json));
            case "end" -> new Line.End(at, number, call, rpc, code(json), string(json, "detail"));
            default -> throw wrong("event", event, "request, message or end");
        };
    }

    private JsonNode json(String text) {
        try {
            JsonNode json = JSON.readTree(text);
            if (!json.isObject()) {
                throw wrong("line", shortened(text), "a JSON object");
            }
            return json;
        } catch (JacksonException e) {
            throw wrong("line", shortened(text), "a JSON object: " + e.getOriginalMessage(), e);
        }
    }

    private JsonNode field(JsonNode json, String name, String expected) {
        JsonNode value = json.get(name);
        if (value == null) {
            throw wrong(name, "missing", expected);
        }
        return value;
    }

    private String string(JsonNode json, String name) {
        JsonNode value = field(json, name, "a string");
        if (!value.isString()) {
            throw wrong(name, value.toString(), "a string");
        }
        return value.stringValue();
    }

    private long integer(JsonNode json, String name, long min, long max) {
        String expected = "a whole number from %d to %d".formatted(min, max);
        JsonNode value = field(json, name, expected);
        if (!value.isIntegralNumber()
                || !value.canConvertToLong()
                || value.longValue() < min
                || value.longValue() > max) {
            throw wrong(name, value.toString(), expected);
        }
        return value.longValue();
    }

    private int code(JsonNode json) {
        int last = Status.Code.values().length - 1;
        return (int) integer(json, "code", 0, last);
    }

    private String rpc(JsonNode json) {
        String rpc = string(json, "rpc");
        if (rpc.length() < 2 || rpc.charAt(0) != '/') {
            throw wrong("rpc", rpc, "/package.Service/Method");
        }
        return rpc;
    }

    private ByteString bytes(JsonNode json) {
        String text = string(json, "bytes");
        try {
            return ByteString.copyFrom(Base64.getDecoder().decode(text));
        } catch (IllegalArgumentException e) {
            throw wrong("bytes", shortened(text), "base64", e);
        }
    }

    private static String shortened(String text) {
        return text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + "...";
    }

    private RecordingException wrong(String field, String found, String expected) {
        return wrong(field, found, expected, null);
    }

    private RecordingException wrong(
            String field, String found, String expected, @Nullable Throwable cause) {
        return new RecordingException(file, number, field, found, expected, cause);
    }
}
