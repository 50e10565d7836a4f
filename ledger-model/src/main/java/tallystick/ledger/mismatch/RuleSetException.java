package tallystick.ledger.mismatch;

import java.util.List;

/// Rules that cannot be used. One message for each thing that is wrong with them.
public final class RuleSetException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String[] errors;

    RuleSetException(List<String> errors) {
        super(String.join("; ", errors));
        this.errors = errors.toArray(String[]::new);
    }

    /// Each as `what: value (expected: rule)`.
    public List<String> errors() {
        return List.of(errors);
    }
}
