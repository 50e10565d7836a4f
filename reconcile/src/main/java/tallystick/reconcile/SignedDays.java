package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.db.write.DecisionRepository;
import tallystick.db.write.GroupRepository;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.decision.Signing;
import tallystick.ledger.mismatch.ClosedDays;
import tallystick.ledger.mismatch.GroupVerdict;

/// Finds what was booked into days whose reports two people had signed. Of what was booked after its day only that is read which
/// came after the signatures: it may be all of a business's entries, when its books come a day later.
final class SignedDays {
    private final GroupRepository groups;
    private final DecisionRepository decisions;

    SignedDays(GroupRepository groups, DecisionRepository decisions) {
        this.groups = groups;
        this.decisions = decisions;
    }

    /// @param contributions of each group, those booked too late
    record Found(
            SortedMap<String, List<GroupRepository.Row>> contributions,
            Map<String, GroupVerdict> verdicts) {}

    Found find(Connection connection, Collection<String> some) throws SQLException {
        Found found = new Found(new TreeMap<>(), new TreeMap<>());
        Map<LocalDate, List<Signing>> signings =
                signings(connection, some.stream().map(ClosedDays::day).toList());
        for (String group : some) {
            Optional<Instant> closedAt =
                    Signing.closedAt(requireNonNull(signings.get(ClosedDays.day(group))));
            List<GroupRepository.Row> late =
                    closedAt.isEmpty()
                            ? List.of()
                            : groups.loadBookedAfter(connection, group, closedAt.get());
            found.contributions().put(group, late);
            found.verdicts()
                    .put(
                            group,
                            ClosedDays.decide(
                                    group,
                                    late.stream().map(GroupDecider::contribution).toList(),
                                    closedAt.orElse(Instant.MAX)));
        }
        return found;
    }

    private Map<LocalDate, List<Signing>> signings(
            Connection connection, Collection<LocalDate> days) throws SQLException {
        Map<String, LocalDate> subjects = new TreeMap<>();
        days.forEach(day -> subjects.put(Signing.subject(day), day));
        Map<String, List<Signing.Signature>> all = new TreeMap<>();
        for (byte[] bytes :
                decisions.ofMismatches(
                        connection,
                        subjects.keySet().stream().map(HexFormat.of()::parseHex).toList())) {
            Decision decision = DecisionCodec.parse(bytes);
            if (decision.kind().isSignature()) {
                all.computeIfAbsent(decision.mismatchId(), _ -> new ArrayList<>())
                        .add(Signing.Signature.of(decision));
            }
        }
        Map<LocalDate, List<Signing>> result = new TreeMap<>();
        subjects.forEach(
                (subject, day) ->
                        result.put(day, Signing.of(day, all.getOrDefault(subject, List.of()))));
        return result;
    }
}
