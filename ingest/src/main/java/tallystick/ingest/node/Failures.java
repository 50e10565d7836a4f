package tallystick.ingest.node;

import io.grpc.Status;
import io.grpc.StatusException;
import java.security.cert.CertificateException;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.ingest.NodeConfig;

/// Sorts what a node answers, once: either somebody must change something, or it is worth another try.
final class Failures {
    /// How gRPC says that a message is beyond the limit that we set.
    static final String TOO_LARGE = "exceeds maximum size";

    /// lnd says these with code UNKNOWN, so that the text is all there is to go by.
    private static final List<String> MACAROON_TEXTS =
            List.of("macaroon", "permission denied", "verification failed");

    /// Alerts that only the other side sends, in BoringSSL's words and in the JDK's.
    private static final List<String> CLIENT_ALERTS =
            List.of(
                    "alert_certificate_required",
                    "alert_bad_certificate",
                    "alert_certificate_expired",
                    "alert_certificate_unknown",
                    "alert_unknown_ca",
                    "fatal alert: ");

    private static final String NGINX_TEXT = "SSL certificate";

    private static final String PERMISSIONS =
            "a macaroon of this node that may read info, invoices, offchain and onchain; `tallystick node check` says what lacks";

    private Failures() {}

    static IngestException of(NodeConfig node, String rpc, StatusException failure) {
        Status status = failure.getStatus();
        if (wantsOtherClient(failure)) {
            return refused(
                    node,
                    "%s does not let us in with %s: %s (expected: nodes.%s.client-certificate and .client-key that it accepts)"
                            .formatted(
                                    node.address(),
                                    node.client()
                                            .map(ours -> ours.certificate().toString())
                                            .orElse("no certificate of ours"),
                                    text(status),
                                    node.alias()),
                    failure);
        }
        if (hasBadCertificate(failure)) {
            return refused(
                    node,
                    "%s shows another certificate than %s (expected: the node's present tls.cert there, valid for %s)"
                            .formatted(node.address(), node.tlsCertificate(), node.host()),
                    failure);
        }
        return switch (status.getCode()) {
            case PERMISSION_DENIED, UNAUTHENTICATED -> badMacaroon(node, rpc, failure);
            case UNIMPLEMENTED ->
                    refused(
                            node,
                            "%s: not known at %s (expected: lnd 0.18 or newer)"
                                    .formatted(rpc, node.address()),
                            failure);
            // The same code says that the node has had enough of us for now.
            case RESOURCE_EXHAUSTED ->
                    text(status).contains(TOO_LARGE)
                            ? refused(
                                    node,
                                    "%s: %s (expected: messages that are smaller)"
                                            .formatted(rpc, text(status)),
                                    failure)
                            : lost(node, rpc, failure);
            case UNKNOWN ->
                    speaksOfMacaroon(status)
                            ? badMacaroon(node, rpc, failure)
                            : lost(node, rpc, failure);
            default -> lost(node, rpc, failure);
        };
    }

    /// What a failed call says of our right to make it. Where the node looked at the question, it had let us ask.
    static Grant grant(NodeConfig node, String rpc, StatusException failure) {
        Status status = failure.getStatus();
        String reason = of(node, rpc, failure).reason();
        return switch (status.getCode()) {
            case PERMISSION_DENIED, UNAUTHENTICATED -> new Grant(Grant.Kind.DENIED, reason);
            case UNIMPLEMENTED -> new Grant(Grant.Kind.NOT_KNOWN, reason);
            case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED -> new Grant(Grant.Kind.LOST, reason);
            default ->
                    speaksOfMacaroon(status) ? new Grant(Grant.Kind.DENIED, reason) : Grant.GRANTED;
        };
    }

    private static boolean speaksOfMacaroon(Status status) {
        return MACAROON_TEXTS.stream().anyMatch(text(status)::contains);
    }

    /// A stream that the node ended in order: it is shutting down.
    static IngestException ended(NodeConfig node, String rpc) {
        return new IngestException(
                ErrorCode.EXTERNAL, "node %s, %s: ended by the node".formatted(node.alias(), rpc));
    }

    static IngestException refused(NodeConfig node, String message) {
        return new IngestException(ErrorCode.USER, "node %s: %s".formatted(node.alias(), message));
    }

    private static IngestException refused(NodeConfig node, String message, Throwable cause) {
        return new IngestException(
                ErrorCode.USER, "node %s: %s".formatted(node.alias(), message), cause);
    }

    private static IngestException badMacaroon(
            NodeConfig node, String rpc, StatusException failure) {
        return refused(
                node,
                "%s refuses the macaroon %s for %s: %s (expected: %s)"
                        .formatted(
                                node.address(),
                                node.macaroon(),
                                rpc,
                                text(failure.getStatus()),
                                PERMISSIONS),
                failure);
    }

    private static IngestException lost(NodeConfig node, String rpc, StatusException failure) {
        return new IngestException(
                ErrorCode.EXTERNAL,
                "node %s, %s at %s: %s %s"
                        .formatted(
                                node.alias(),
                                rpc,
                                node.address(),
                                failure.getStatus().getCode(),
                                text(failure.getStatus())),
                failure);
    }

    /// A proxy says so by an alert while TLS is made up, or, as nginx does, by a page of its own.
    private static boolean wantsOtherClient(StatusException failure) {
        String description = String.valueOf(failure.getStatus().getDescription());
        if (description.contains(NGINX_TEXT)) {
            return true;
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
            if (cause instanceof SSLException
                    && CLIENT_ALERTS.stream().anyMatch(message::contains)) {
                return true;
            }
        }
        return false;
    }

    private static boolean hasBadCertificate(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException
                    || cause instanceof SSLHandshakeException
                    || cause instanceof SSLPeerUnverifiedException
                    || cause.getClass().getSimpleName().equals("NotSslRecordException")) {
                return true;
            }
        }
        return false;
    }

    /// The first line: what follows is about the transport's insides.
    private static String text(Status status) {
        String description = status.getDescription();
        String line = description == null ? "" : description.lines().findFirst().orElse("");
        Throwable cause = status.getCause();
        return cause == null ? line : "%s: %s".formatted(line, root(cause));
    }

    private static String root(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }
}
