package tallystick.serve.access;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lets nobody through but clients that are known, have the method's role, and do not call too often.
public final class AccessInterceptor implements ServerInterceptor {
    private static final Logger LOG = LoggerFactory.getLogger(AccessInterceptor.class);

    private final Admission admission;
    private final MethodRoles roles;
    private final RateLimit rates;

    public AccessInterceptor(Admission admission, MethodRoles roles, RateLimit rates) {
        this.admission = admission;
        this.roles = roles;
        this.rates = rates;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        String method = call.getMethodDescriptor().getFullMethodName();
        try {
            Supplier<Client> who = admission.of(call.getAttributes(), headers);
            Client client = allowed(who, method);
            rates.take(client);
            Context context = new Caller(client, () -> allowed(who, method)).in(Context.current());
            return Contexts.interceptCall(context, call, headers, next);
        } catch (StatusRuntimeException e) {
            LOG.atInfo().addKeyValue("method", method).log("call refused: {}", e.getMessage());
            Metadata trailers = e.getTrailers();
            call.close(e.getStatus(), trailers == null ? new Metadata() : trailers);
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("method", method).setCause(e).log("call refused");
            call.close(Status.PERMISSION_DENIED, new Metadata());
        }
        return new ServerCall.Listener<>() {};
    }

    private Client allowed(Supplier<Client> who, String method) {
        Client client = who.get();
        roles.require(client, method);
        return client;
    }
}
