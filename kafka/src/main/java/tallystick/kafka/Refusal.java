package tallystick.kafka;

import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidConfigurationException;

/// Failures of Kafka's clients that come again at every try, until somebody changes a login, a certificate, a permission
/// or a client setting.
public final class Refusal {
    private Refusal() {}

    /// @param failure with its causes
    public static boolean is(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AuthenticationException
                    || cause instanceof AuthorizationException
                    || cause instanceof ConfigException
                    || cause instanceof InvalidConfigurationException) {
                return true;
            }
        }
        return false;
    }

    /// What is at the bottom of it: the clients wrap that in sentences that say nothing.
    public static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }
}
