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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tallystick.ledger.decision.Decision.Kind;

/// Who signed the report of a day. Whoever prepared it signs it, another person countersigns it, and the two of them close the day,
/// in whatever order they signed. Pure: the same signatures give the same signing, in whatever order they came.
///
/// @param day whose report it is
/// @param report digest of the report's seal, 64 hex digits
/// @param prepared who prepared it, each person's first signature, the earliest first; one or more
/// @param reviewed who countersigned what another person had prepared, likewise; empty while the day is open
public record Signing(
        LocalDate day, String report, List<Signature> prepared, List<Signature> reviewed) {
    private static final String REFERENCE = "report:";

    public Signing {
        prepared = List.copyOf(prepared);
        reviewed = List.copyOf(reviewed);
    }

    /// A person's signature.
    ///
    /// @param id of the decision
    /// @param kind SIGN, PREPARE or COUNTERSIGN
    /// @param report digest of the report's seal, 64 hex digits
    public record Signature(
            String id, Kind kind, String person, Instant at, String comment, String report) {
        static final Comparator<Signature> SIGNED =
                Comparator.comparing(Signature::at).thenComparing(Signature::id);

        public static Signature of(Decision decision) {
            return new Signature(
                    decision.id(),
                    decision.kind(),
                    decision.person(),
                    decision.decidedAt(),
                    decision.reason(),
                    decision.approves());
        }

        /// The first programs had one kind: whoever signed first had prepared the report, and another person reviewed it.
        private boolean isReview(Signature first) {
            return kind == Kind.COUNTERSIGN
                    || (kind == Kind.SIGN
                            && !person.equals(first.person())
                            && !person.equals(Decision.LOCAL_OPERATOR));
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

    /// One signing for each report that somebody prepared, in the order in which they were signed first. A day has several reports
    /// once it was restated.
    ///
    /// @param signatures of that day, and no other decisions
    public static List<Signing> of(LocalDate day, Collection<Signature> signatures) {
        Map<String, List<Signature>> reports = new LinkedHashMap<>();
        signatures.stream()
                .sorted(Signature.SIGNED)
                .forEach(
                        one ->
                                reports.computeIfAbsent(one.report(), _ -> new ArrayList<>())
                                        .add(one));
        List<Signing> result = new ArrayList<>();
        reports.forEach(
                (report, some) ->
                        some.stream()
                                .filter(one -> one.kind() != Kind.COUNTERSIGN)
                                .findFirst()
                                .map(first -> of(day, report, first, some))
                                .ifPresent(result::add));
        return List.copyOf(result);
    }

    private static Signing of(
            LocalDate day, String report, Signature first, List<Signature> signatures) {
        Map<String, Signature> prepared = new LinkedHashMap<>();
        Map<String, Signature> reviewed = new LinkedHashMap<>();
        signatures.forEach(
                one -> (one.isReview(first) ? reviewed : prepared).putIfAbsent(one.person(), one));
        Signing unreviewed = new Signing(day, report, List.copyOf(prepared.values()), List.of());
        return new Signing(
                day,
                report,
                unreviewed.prepared(),
                reviewed.values().stream()
                        .filter(one -> unreviewed.isReviewer(one.person()))
                        .toList());
    }

    /// Whether that person may countersign the report: he has signed in, and another person prepared it.
    public boolean isReviewer(String person) {
        return !person.equals(Decision.LOCAL_OPERATOR)
                && prepared.stream().anyMatch(one -> !one.person().equals(person));
    }

    /// Whether this closed the day.
    public boolean isClosed() {
        return !reviewed.isEmpty();
    }

    /// Who prepared it, as words.
    public String preparers() {
        return names(prepared);
    }

    /// Who reviewed it, as words; empty while nobody did.
    public String reviewers() {
        return names(reviewed);
    }

    private static String names(List<Signature> signatures) {
        return signatures.stream().map(Signature::person).collect(Collectors.joining(" and "));
    }

    /// The moment from which two people stood by the report, one in either role; empty while the day is open.
    private Optional<Instant> closedAt() {
        return reviewed.stream()
                .flatMap(
                        review ->
                                prepared.stream()
                                        .filter(one -> !one.person().equals(review.person()))
                                        .map(one -> later(one.at(), review.at())))
                .min(Comparator.naturalOrder());
    }

    private static Instant later(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }

    /// When the day was closed last; empty while it is open. What a restated day holds is closed with the signing of its newest
    /// report.
    public static Optional<Instant> closedAt(Collection<Signing> signings) {
        return signings.stream()
                .flatMap(one -> one.closedAt().stream())
                .max(Comparator.naturalOrder());
    }
}
