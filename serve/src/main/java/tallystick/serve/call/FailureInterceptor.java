package tallystick.serve.call;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/// Tells the client what went wrong while its call was answered.
public final class FailureInterceptor implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        var closing = new Closing<>(call);
        return new SimpleForwardingServerCallListener<>(next.startCall(closing, headers)) {
            @Override
            public void onMessage(Q message) {
                telling(() -> super.onMessage(message));
            }

            @Override
            public void onHalfClose() {
                telling(super::onHalfClose);
            }

            @Override
            public void onReady() {
                telling(super::onReady);
            }

            private void telling(Runnable work) {
                try {
                    work.run();
                } catch (RuntimeException e) {
                    closing.fail(e);
                }
            }
        };
    }

    private static final class Closing<Q, R> extends SimpleForwardingServerCall<Q, R> {
        private boolean closed;

        Closing(ServerCall<Q, R> call) {
            super(call);
        }

        @Override
        public void close(Status status, Metadata trailers) {
            closed = true;
            super.close(status, trailers);
        }

        void fail(RuntimeException failure) {
            if (closed) {
                throw failure;
            }
            StatusRuntimeException told =
                    Failures.told(getMethodDescriptor().getFullMethodName(), failure);
            Metadata trailers = told.getTrailers();
            close(told.getStatus(), trailers == null ? new Metadata() : trailers);
        }
    }
}
