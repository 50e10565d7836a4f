package tallystick.serve.web.decision;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLEncoder;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tallystick.db.query.DecisionReader;
import tallystick.db.query.DecisionReader.Before;
import tallystick.db.query.MismatchList;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.Role;
import tallystick.serve.mismatch.MismatchMessages;
import tallystick.serve.web.http.Answer;
import tallystick.serve.web.http.Routes;
import tallystick.serve.web.http.Visit;
import tallystick.serve.web.page.LedgerPages;
import tallystick.serve.web.page.Tab;

/// The log of what people decided. Any thread.
public final class DecisionPages {
    private static final String PATH = "/decisions";

    private static final int PAGE = 50;

    /// Read at once: who decided what is in the messages, so that all of them are read to count those that fit.
    private static final int CHUNK = 1_000;

    private final LedgerPages pages;
    private final DecisionReader decisions = new DecisionReader();
    private final MismatchList mismatches = new MismatchList();

    public DecisionPages(LedgerPages pages) {
        this.pages = pages;
    }

    public void addTo(Routes routes) {
        routes.get(PATH, Role.ROLE_VIEWER, this::log);
    }

    private Answer log(Visit visit) {
        String person = visit.query().text("person");
        String kind = visit.query().text("kind").toLowerCase(Locale.ROOT);
        Before before = before(visit.query().text("before"));
        return pages.page(
                visit,
                Tab.DECISIONS,
                "Decisions",
                "decisions",
                (connection, _) -> log(connection, person, kind, before));
    }

    private DecisionLog log(Connection connection, String person, String kind, Before before)
            throws SQLException {
        List<DecisionReader.Applied> page = new ArrayList<>();
        long count = 0;
        boolean hasMore = false;
        Before place = Before.EVERYTHING;
        List<DecisionReader.Applied> chunk;
        do {
            chunk = decisions.page(connection, place, CHUNK);
            for (DecisionReader.Applied one : chunk) {
                place = one.place();
                if (fits(MismatchMessages.decision(one.bytes()), person, kind)) {
                    count++;
                    if (isBehind(one, before)) {
                        hasMore = page.size() == PAGE;
                        if (!hasMore) {
                            page.add(one);
                        }
                    }
                }
            }
        } while (chunk.size() == CHUNK);
        return new DecisionLog(
                person,
                kind,
                lines(connection, page),
                count,
                before.equals(Before.EVERYTHING),
                hasMore
                        ? Optional.of(path(person, kind, token(page.getLast().place())))
                        : Optional.empty());
    }

    private static boolean fits(Decision decision, String person, String kind) {
        return (person.isEmpty() || decision.getPerson().equalsIgnoreCase(person))
                && DecisionLog.isOf(kind, decision.getKind());
    }

    private static boolean isBehind(DecisionReader.Applied one, Before before) {
        return one.sequence() < before.sequence()
                || (one.sequence() == before.sequence()
                        && one.decisionId().compareTo(before.decisionId()) < 0);
    }

    private List<DecisionLine> lines(Connection connection, List<DecisionReader.Applied> page)
            throws SQLException {
        List<Decision> messages =
                page.stream().map(one -> MismatchMessages.decision(one.bytes())).toList();
        Set<String> approved =
                mismatches
                        .decisions(
                                connection,
                                messages.stream()
                                        .map(Decision::getMismatchId)
                                        .distinct()
                                        .map(HexFormat.of()::parseHex)
                                        .toList())
                        .values()
                        .stream()
                        .flatMap(List::stream)
                        .map(MismatchMessages::decision)
                        .map(Decision::getApproves)
                        .collect(Collectors.toSet());
        Map<String, LocalDate> days =
                decisions.days(
                        connection,
                        messages.stream()
                                .filter(one -> DecisionLog.SIGNATURES.contains(one.getKind()))
                                .map(Decision::getApproves)
                                .toList());
        List<DecisionLine> lines = new ArrayList<>();
        for (int i = 0; i < page.size(); i++) {
            lines.add(
                    new DecisionLine(
                            page.get(i),
                            messages.get(i),
                            approved.contains(messages.get(i).getDecisionId()),
                            Optional.ofNullable(days.get(messages.get(i).getApproves()))));
        }
        return lines;
    }

    /// The address of a page; what is as usual is left out.
    static String path(String person, String kind, String before) {
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put("person", person);
        parts.put("kind", kind);
        parts.put("before", before);
        String query =
                parts.entrySet().stream()
                        .filter(one -> !one.getValue().isEmpty())
                        .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), UTF_8))
                        .collect(Collectors.joining("&"));
        return query.isEmpty() ? PATH : PATH + "?" + query;
    }

    private static String token(Before place) {
        return place.sequence()
                + "."
                + Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(place.decisionId().getBytes(UTF_8));
    }

    /// A token that is none begins at the beginning.
    private static Before before(String token) {
        int dot = token.indexOf('.');
        try {
            return dot < 0
                    ? Before.EVERYTHING
                    : new Before(
                            Long.parseLong(token.substring(0, dot)),
                            new String(
                                    Base64.getUrlDecoder().decode(token.substring(dot + 1)),
                                    UTF_8));
        } catch (IllegalArgumentException _) {
            return Before.EVERYTHING;
        }
    }
}
