package tallystick.serve.access;

import io.grpc.Context;
import java.util.function.Supplier;

/// Who makes the call in hand.
public final class Caller {
    private static final Context.Key<Caller> KEY = Context.key("tallystick-caller");

    private final Client client;
    private final Supplier<Client> again;

    Caller(Client client, Supplier<Client> again) {
        this.client = client;
        this.again = again;
    }

    /// Within a call.
    public static Caller current() {
        return KEY.get();
    }

    Context in(Context context) {
        return context.withValue(KEY, this);
    }

    public Client client() {
        return client;
    }

    /// For calls that last: looks again whether the client may still make it.
    ///
    /// @throws io.grpc.StatusRuntimeException when not
    public void requireStill() {
        var _ = again.get();
    }
}
