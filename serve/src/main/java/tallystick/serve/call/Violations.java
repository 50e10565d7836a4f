package tallystick.serve.call;

import com.google.rpc.BadRequest.FieldViolation;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// What is wrong with a request; all of it is told at once.
public final class Violations {
    private static final int TEXT_MAX = 1_000;

    private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

    private final List<FieldViolation> found = new ArrayList<>();

    /// @param expected what the field should have held
    public Violations require(boolean holds, String field, Object value, String expected) {
        if (!holds) {
            found.add(
                    FieldViolation.newBuilder()
                            .setField(field)
                            .setDescription("%s (expected: %s)".formatted(value, expected))
                            .build());
        }
        return this;
    }

    /// A text that the database can hold.
    public Violations text(String field, String value) {
        return require(
                value.length() <= TEXT_MAX && value.indexOf('\0') < 0,
                field,
                "%d characters".formatted(value.length()),
                "at most %d, without NUL".formatted(TEXT_MAX));
    }

    /// As mismatches are named, and seals.
    public Violations digest(String field, String value) {
        return require(DIGEST.matcher(value).matches(), field, value, "64 hex digits, lower case");
    }

    /// @throws io.grpc.StatusRuntimeException when anything is wrong
    public void refuse() {
        if (!found.isEmpty()) {
            throw Problem.invalid(found);
        }
    }
}
