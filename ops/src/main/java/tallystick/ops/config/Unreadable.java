package tallystick.ops.config;

import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/// Says for people why a file cannot be read.
final class Unreadable {
    private Unreadable() {}

    static String reason(Exception cause) {
        return switch (cause) {
            case NoSuchFileException _ -> "no such file";
            case AccessDeniedException _ -> "no permission to read it";
            case CharacterCodingException _ -> "not UTF-8";
            default -> String.valueOf(cause.getMessage());
        };
    }

    static ConfigurationException exception(String key, Path file, Exception cause) {
        return new ConfigurationException(
                List.of(
                        "%s: %s: %s (expected: a file that can be read)"
                                .formatted(key, file, reason(cause))));
    }
}
