package tallystick.ops.config;

import java.util.List;

/// The configuration is not usable. Holds every error there is, each as one line `what: offending (expected: rule)`.
public final class ConfigurationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String[] errors;

    public ConfigurationException(List<String> errors) {
        super(String.join(System.lineSeparator(), errors));
        this.errors = errors.toArray(String[]::new);
    }

    public List<String> errors() {
        return List.of(errors);
    }
}
