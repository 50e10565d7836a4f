package tallystick.ledger.decision;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/// Who signed the report of a day: who signs it first has prepared it, another person who signs the same report has reviewed it,
/// and that closes the day. Pure: the same signatures give the same signing, in whatever order they came.
///
/// @param day whose report it is
/// @param report digest of the report's seal, 64 hex digits
/// @param prepared the first signature
/// @param reviewed the first one by another person who has signed in
public record Signing(
        LocalDate day, String report, Signature prepared, Optional<Signature> reviewed) {
    private static final String REFERENCE = "report:";

    /// A person's signature.
    ///
    /// @param id of the decision
    /// @param report digest of the report's seal, 64 hex digits
    public record Signature(String id, String person, Instant at, String comment, String report) {
        static final Comparator<Signature> SIGNED =
                Comparator.comparing(Signature::at).thenComparing(Signature::id);

        public static Signature of(Decision decision) {
            return new Signature(
                    decision.id(),
                    decision.person(),
                    decision.decidedAt(),
                    decision.reason(),
                    decision.approves());
        }
    }

    /// What signatures of the day's report name as their reference.
    public static String reference(LocalDate day) {
        return REFERENCE + day;
    }

    /// True for references of reports, and of what is said of their days.
    public static boolean isReference(String reference) {
        return reference.startsWith(REFERENCE);
    }

    /// The day that such a reference names.
    ///
    /// @throws java.time.DateTimeException when it names none
    public static LocalDate day(String reference) {
        String rest = reference.substring(REFERENCE.length());
        int end = rest.indexOf('/');
        return LocalDate.parse(end < 0 ? rest : rest.substring(0, end));
    }

    /// What signatures of the day's report name as the mismatch that they are about, though it is none: 64 hex digits.
    public static String subject(LocalDate day) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(("SIGN\n" + reference(day)).getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: none (expected: in every JDK)", e);
        }
    }

    /// One signing for each report that was signed, in the order in which they were signed first. A day has several reports once
    /// it was restated.
    public static List<Signing> of(LocalDate day, Collection<Signature> signatures) {
        List<Signing> result = new ArrayList<>();
        signatures.stream().sorted(Signature.SIGNED).forEach(one -> add(result, day, one));
        return List.copyOf(result);
    }

    private static void add(List<Signing> signings, LocalDate day, Signature signature) {
        for (int i = 0; i < signings.size(); i++) {
            if (signings.get(i).report().equals(signature.report())) {
                signings.set(i, signings.get(i).with(signature));
                return;
            }
        }
        signings.add(new Signing(day, signature.report(), signature, Optional.empty()));
    }

    private Signing with(Signature later) {
        return reviewed.isEmpty() && isReviewer(later.person())
                ? new Signing(day, report, prepared, Optional.of(later))
                : this;
    }

    /// Whether the report would be reviewed by the signature of that person.
    public boolean isReviewer(String person) {
        return !person.equals(prepared.person()) && !person.equals(Decision.LOCAL_OPERATOR);
    }

    /// When the day was closed last; empty while it is open. What a restated day holds is closed with the signing of its newest
    /// report.
    public static Optional<Instant> closedAt(Collection<Signing> signings) {
        return signings.stream()
                .flatMap(one -> one.reviewed().stream())
                .map(Signature::at)
                .max(Comparator.naturalOrder());
    }
}
