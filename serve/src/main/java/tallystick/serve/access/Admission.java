package tallystick.serve.access;

import io.grpc.Attributes;
import io.grpc.Metadata;
import java.util.function.Supplier;

/// Says who makes a call.
public interface Admission {
    /// What it gives is asked again while a call lasts, and may refuse each time.
    ///
    /// @param connection that the call came by
    /// @param headers of the call
    /// @throws io.grpc.StatusRuntimeException when nobody is known by them
    Supplier<Client> of(Attributes connection, Metadata headers);
}
