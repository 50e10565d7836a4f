package tallystick.serve.call;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.BadRequest.FieldViolation;
import com.google.rpc.ErrorInfo;
import com.google.rpc.ResourceInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.List;
import java.util.stream.Collectors;

/// What clients are told when a call fails: a code, a sentence, and details for programs (`google.rpc`).
public final class Problem {
    /// Of the reasons in error details.
    private static final String DOMAIN = "tallystick";

    private Problem() {}

    /// @param reason for programs; never changes
    public static StatusRuntimeException of(Code code, String reason, String message) {
        return made(code, reason, message);
    }

    /// One that may go away by itself.
    ///
    /// @param after when to try again
    public static StatusRuntimeException retry(
            Code code, String reason, String message, java.time.Duration after) {
        return made(
                code,
                reason,
                message,
                RetryInfo.newBuilder()
                        .setRetryDelay(
                                Duration.newBuilder()
                                        .setSeconds(after.getSeconds())
                                        .setNanos(after.getNano()))
                        .build());
    }

    /// A request that cannot be answered whenever it is made.
    static StatusRuntimeException invalid(List<FieldViolation> violations) {
        return made(
                Code.INVALID_ARGUMENT,
                "INVALID",
                violations.stream()
                        .map(one -> one.getField() + ": " + one.getDescription())
                        .collect(Collectors.joining("; ")),
                BadRequest.newBuilder().addAllFieldViolations(violations).build());
    }

    /// @param type of the thing, for example "mismatch"
    public static StatusRuntimeException notFound(String type, String name) {
        return made(
                Code.NOT_FOUND,
                "NOT_FOUND",
                "%s: %s (expected: one that there is)".formatted(type, name),
                ResourceInfo.newBuilder().setResourceType(type).setResourceName(name).build());
    }

    private static StatusRuntimeException made(
            Code code, String reason, String message, Message... more) {
        var status =
                com.google.rpc.Status.newBuilder()
                        .setCode(code.value())
                        .setMessage(message)
                        .addDetails(
                                Any.pack(
                                        ErrorInfo.newBuilder()
                                                .setDomain(DOMAIN)
                                                .setReason(reason)
                                                .build()));
        for (Message detail : more) {
            status.addDetails(Any.pack(detail));
        }
        return StatusProto.toStatusRuntimeException(status.build());
    }
}
