package tallystick.simulator.replay;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/// The recordings of all nodes of one scenario. Immutable.
///
/// @param nodes by alias
/// @param digest of what was read, whether compressed or not: tells one recording from another
record Recording(List<NodeRecording> nodes, String digest) {
    private static final String PLAIN = ".jsonl";
    private static final String COMPRESSED = ".jsonl.gz";

    Recording {
        nodes = List.copyOf(nodes);
    }

    /// Reads every `<alias>.jsonl` and `<alias>.jsonl.gz` of a directory.
    static Recording read(Path directory) {
        MessageDigest digest = sha256();
        var nodes = new ArrayList<NodeRecording>();
        files(directory)
                .forEach((alias, file) -> nodes.add(new RecordingReader(alias, file).read(digest)));
        return new Recording(nodes, HexFormat.of().formatHex(digest.digest()));
    }

    private static NavigableMap<String, Path> files(Path directory) {
        var files = new TreeMap<String, Path>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path file : entries) {
                String name = file.getFileName().toString();
                String alias = alias(name);
                if (!alias.isEmpty() && files.put(alias, file) != null) {
                    throw new RecordingException(
                            directory, 0, "file", name, "one file for each node");
                }
            }
        } catch (IOException e) {
            throw new RecordingException(
                    directory,
                    0,
                    "directory",
                    RecordingException.reason(e),
                    "a directory that can be read",
                    e);
        }
        if (files.isEmpty()) {
            throw new RecordingException(
                    directory, 0, "directory", "no recording", "files <node>.jsonl or .jsonl.gz");
        }
        return files;
    }

    private static String alias(String name) {
        for (String extension : List.of(COMPRESSED, PLAIN)) {
            if (name.endsWith(extension)) {
                return name.substring(0, name.length() - extension.length());
            }
        }
        return "";
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // Every JDK has it.
        }
    }
}
