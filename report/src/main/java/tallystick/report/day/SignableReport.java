package tallystick.report.day;

import java.time.Instant;
import java.time.LocalDate;
import java.util.Collection;
import java.util.Optional;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.decision.Draft;
import tallystick.ledger.decision.Signing;

/// The report of a day that waits for a signature: the first prepares it, that of another person reviews it and closes the day.
/// Immutable.
///
/// @param seal digest of its seal, which is what is signed, 64 hex digits
/// @param before who prepared it; empty while nobody signed
public record SignableReport(LocalDate day, String seal, Optional<Signing> before) {
    /// Why it cannot be signed, or not by that person.
    public enum Reason {
        PROVISIONAL,
        SIGNED,
        FOUR_EYES
    }

    /// It cannot be signed, or not by that person.
    public static final class RefusedException extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;

        private final Reason reason;

        RefusedException(Reason reason, String message) {
            super(message);
            this.reason = reason;
        }

        public Reason reason() {
            return reason;
        }
    }

    /// @param made the newest report of its day
    /// @param signings of that day
    /// @throws RefusedException when it waits for nobody's signature
    public static SignableReport of(ReportDesk.Made made, Collection<Signing> signings) {
        LocalDate day = made.report().facts().day();
        if (made.report().history().isProvisional()) {
            throw new RefusedException(
                    Reason.PROVISIONAL,
                    "report: that of %s is provisional (expected: a final one; once coverage is complete, `tallystick report restate %s --reason TEXT` makes it)"
                            .formatted(day, day));
        }
        Optional<Signing> before =
                signings.stream().filter(one -> one.report().equals(made.sealDigest())).findFirst();
        before.filter(one -> one.reviewed().isPresent())
                .ifPresent(
                        one -> {
                            throw new RefusedException(
                                    Reason.SIGNED,
                                    "report: that of %s is signed by %s and %s (expected: one that waits for a signature)"
                                            .formatted(
                                                    day,
                                                    one.prepared().person(),
                                                    one.reviewed().get().person()));
                        });
        return new SignableReport(day, made.sealDigest(), before);
    }

    /// Whether the next signature closes the day.
    public boolean isReview() {
        return before.isPresent();
    }

    /// @param id made by the client; the same id again has no effect
    /// @throws RefusedException when that person prepared it, or has not signed in
    public Decision signature(
            String id, String person, String comment, Instant at, int ruleVersion) {
        before.filter(one -> !one.isReviewer(person))
                .ifPresent(
                        one -> {
                            throw new RefusedException(
                                    Reason.FOUR_EYES,
                                    "person: %s (expected: another than %s, who prepared it, under a name of his own)"
                                            .formatted(person, one.prepared().person()));
                        });
        return new Draft(id, Signing.subject(day), 0, person, at, ruleVersion).sign(seal, comment);
    }
}
