package tallystick.serve.call;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.Attributes;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// What is counted of the API. All names begin with `tallystick.api`. To be asked before all other interceptors, so that what
/// they refuse counts too. Any thread.
public final class CallMetrics implements ServerInterceptor {
    private static final String PREFIX = "tallystick.api.";
    private static final String METHOD = "method";

    private final MeterRegistry meters;
    private final AtomicInteger connections = new AtomicInteger();
    private final Map<String, AtomicInteger> streams = new ConcurrentHashMap<>();

    public CallMetrics(MeterRegistry meters) {
        this.meters = meters;
        Gauge.builder(PREFIX + "connections", connections, AtomicInteger::get)
                .description("connections of clients that have shown a certificate")
                .register(meters);
    }

    /// Counts connections.
    public ServerTransportFilter connections() {
        return new ServerTransportFilter() {
            @Override
            public Attributes transportReady(Attributes attributes) {
                connections.incrementAndGet();
                return attributes;
            }

            @Override
            public void transportTerminated(Attributes attributes) {
                connections.decrementAndGet();
            }
        };
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        var counted = new Counted<>(call);
        return new SimpleForwardingServerCallListener<>(next.startCall(counted, headers)) {
            @Override
            public void onCancel() {
                counted.ended(Status.Code.CANCELLED);
                super.onCancel();
            }
        };
    }

    private final class Counted<Q, R> extends SimpleForwardingServerCall<Q, R> {
        private final String method = getMethodDescriptor().getFullMethodName();
        private final boolean isStream =
                getMethodDescriptor().getType() != MethodDescriptor.MethodType.UNARY;
        private final long begun = System.nanoTime();
        private final AtomicBoolean isOver = new AtomicBoolean();

        Counted(ServerCall<Q, R> call) {
            super(call);
            if (isStream) {
                open().incrementAndGet();
            }
        }

        @Override
        public void close(Status status, Metadata trailers) {
            reason(status, trailers).ifPresent(this::refused);
            ended(status.getCode());
            super.close(status, trailers);
        }

        /// However often it ends, it is counted once.
        void ended(Status.Code code) {
            if (!isOver.compareAndSet(false, true)) {
                return;
            }
            Counter.builder(PREFIX + "calls")
                    .description("calls that ended, by how")
                    .tag(METHOD, method)
                    .tag("status", code.name())
                    .register(meters)
                    .increment();
            if (isStream) {
                open().decrementAndGet();
            } else {
                Timer.builder(PREFIX + "latency")
                        .description("from a call's headers to its answer; no streams")
                        .tag(METHOD, method)
                        .publishPercentiles(0.5, 0.99)
                        .register(meters)
                        .record(System.nanoTime() - begun, TimeUnit.NANOSECONDS);
            }
        }

        private void refused(String reason) {
            Counter.builder(PREFIX + "refusals")
                    .description("calls that were refused, by the reason that the client was given")
                    .tag("reason", reason)
                    .register(meters)
                    .increment();
        }

        private AtomicInteger open() {
            return streams.computeIfAbsent(
                    method,
                    name -> {
                        var open = new AtomicInteger();
                        Gauge.builder(PREFIX + "streams", open, AtomicInteger::get)
                                .description("streams that are open")
                                .tag(METHOD, name)
                                .register(meters);
                        return open;
                    });
        }
    }

    private static Optional<String> reason(Status status, Metadata trailers) {
        if (status.isOk()) {
            return Optional.empty();
        }
        com.google.rpc.Status told = StatusProto.fromStatusAndTrailers(status, trailers);
        return told.getDetailsList().stream()
                .filter(detail -> detail.is(ErrorInfo.class))
                .map(CallMetrics::reason)
                .findFirst();
    }

    private static String reason(com.google.protobuf.Any detail) {
        try {
            return detail.unpack(ErrorInfo.class).getReason();
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("ErrorInfo: not what was packed", e);
        }
    }
}
