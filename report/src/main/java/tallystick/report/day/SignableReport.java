package tallystick.report.day;

import java.time.LocalDate;
import java.util.Collection;
import java.util.Optional;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.decision.Draft;
import tallystick.ledger.decision.Signing;

/// The report of a day that waits for a signature: whoever prepared it signs it, another person countersigns it and closes the day.
/// Whoever signs in whatever way, it is here that it is refused. Immutable.
///
/// @param seal digest of its seal, which is what is signed, 64 hex digits
/// @param before who prepared it; empty while nobody signed
public record SignableReport(LocalDate day, String seal, Optional<Signing> before) {
    /// Why it cannot be signed, or not by that person.
    public enum Reason {
        PROVISIONAL,
        SIGNED,
        PREPARED,
        NOT_PREPARED,
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
        before.filter(Signing::isClosed)
                .ifPresent(
                        one -> {
                            throw new RefusedException(
                                    Reason.SIGNED,
                                    "report: that of %s is signed by %s and %s (expected: one that waits for a signature)"
                                            .formatted(day, one.preparers(), one.reviewers()));
                        });
        return new SignableReport(day, made.sealDigest(), before);
    }

    /// The signature of whoever prepared it.
    ///
    /// @param draft about [Signing#subject]
    /// @throws RefusedException when somebody has signed already
    public Decision prepare(Draft draft, String comment) {
        before.ifPresent(
                one -> {
                    throw new RefusedException(
                            Reason.PREPARED,
                            "report: prepared by %s (expected: signed by nobody; another person countersigns it)"
                                    .formatted(one.preparers()));
                });
        return draft.prepare(seal, comment);
    }

    /// The signature of another person, which closes the day.
    ///
    /// @param draft about [Signing#subject]
    /// @throws RefusedException when nobody has prepared it, or that person alone has, or he has not signed in
    public Decision countersign(Draft draft, String comment) {
        Signing signing =
                before.orElseThrow(
                        () ->
                                new RefusedException(
                                        Reason.NOT_PREPARED,
                                        "report: signed by nobody (expected: signed by whoever prepared it)"));
        if (!signing.isReviewer(draft.person())) {
            throw new RefusedException(
                    Reason.FOUR_EYES,
                    "person: %s (expected: another than %s, who prepared it, under a name of his own)"
                            .formatted(draft.person(), signing.preparers()));
        }
        return draft.countersign(seal, comment);
    }
}
