package tallystick.report.day;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tallystick.db.report.IssuedReports;
import tallystick.ledger.decision.Decision.Kind;
import tallystick.ledger.decision.Signing;
import tallystick.proto.v1.Decision;
import tallystick.report.day.DayReport.Signature;

/// What people signed about reports, as the ledger holds it and as a report shows it.
final class SignOffs {
    private SignOffs() {}

    /// @param stored of that day
    static List<Signing> signings(LocalDate day, List<IssuedReports.Signature> stored) {
        List<Signing.Signature> signatures = new ArrayList<>();
        for (IssuedReports.Signature one : stored) {
            Decision decision = decision(one);
            kind(decision)
                    .map(
                            kind ->
                                    new Signing.Signature(
                                            decision.getDecisionId(),
                                            kind,
                                            decision.getPerson(),
                                            DayReports.instant(decision.getDecidedAtNs()),
                                            decision.getReason(),
                                            decision.getApproves()))
                    .ifPresent(signatures::add);
        }
        return Signing.of(day, signatures);
    }

    /// Empty when it is no signature.
    private static Optional<Kind> kind(Decision decision) {
        return switch (decision.getKind()) {
            case DECISION_KIND_SIGN -> Optional.of(Kind.SIGN);
            case DECISION_KIND_PREPARE -> Optional.of(Kind.PREPARE);
            case DECISION_KIND_COUNTERSIGN -> Optional.of(Kind.COUNTERSIGN);
            default -> Optional.empty();
        };
    }

    private static Decision decision(IssuedReports.Signature stored) {
        try {
            return Decision.parseFrom(stored.bytes());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(
                    "decision of sequence %d: unreadable (expected: a Decision)"
                            .formatted(stored.sequence()),
                    e);
        }
    }

    /// @param edition the report that they signed
    static Stream<Signature> signatures(Signing signing, int edition) {
        return Stream.concat(
                signing.prepared().stream().map(one -> signature(Signature.PREPARED, one, edition)),
                signing.reviewed().stream()
                        .map(one -> signature(Signature.REVIEWED, one, edition)));
    }

    private static Signature signature(String role, Signing.Signature one, int edition) {
        return new Signature(role, one.person(), one.at(), one.comment(), edition, one.report());
    }
}
