package tallystick.serve.web.account;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLEncoder;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tallystick.ledger.day.DayFacts;
import tallystick.serve.web.http.Fields;
import tallystick.serve.web.http.WebProblem;

/// What is asked of accounts: which of them, at the end of which day, as known when. Immutable.
///
/// @param words the beginning of their names, or the name of one; empty for all
/// @param date empty for whatever has happened
/// @param known ledger sequence; empty for the newest
public record AsOf(String words, Optional<LocalDate> date, OptionalLong known) {
    private static final Pattern SEQUENCE = Pattern.compile("\\d{1,18}");

    /// @param name of the field that has the words
    static AsOf of(Fields query, String name) {
        return new AsOf(query.text(name), date(query.text("date")), known(query.text("known")));
    }

    private static Optional<LocalDate> date(String text) {
        try {
            return text.isEmpty() ? Optional.empty() : Optional.of(LocalDate.parse(text));
        } catch (DateTimeException _) {
            throw new WebProblem(400, "There is no such day. It is written like 2026-11-22.");
        }
    }

    private static OptionalLong known(String text) {
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        if (!SEQUENCE.matcher(text).matches()) {
            throw new WebProblem(400, "There is no such sequence. It is a number, from 0 up.");
        }
        return OptionalLong.of(Long.parseLong(text));
    }

    /// Whether anything but the newest is asked for.
    public boolean isPast() {
        return date.isPresent() || known.isPresent();
    }

    /// The slot with which the next day begins.
    int ending(ZoneId zone) {
        try {
            return date.isEmpty()
                    ? Integer.MAX_VALUE
                    : DayFacts.slot(date.get().plusDays(1).atStartOfDay(zone).toInstant());
        } catch (DateTimeException | ArithmeticException _) {
            throw new WebProblem(400, "There is no such day. It is written like 2026-11-22.");
        }
    }

    /// @throws WebProblem when it is newer than the newest
    long sequence(long newest) {
        long sequence = known.orElse(newest);
        if (sequence > newest) {
            throw new WebProblem(
                    400,
                    "Sequence %d is not known yet. The newest is %d.".formatted(sequence, newest));
        }
        return sequence;
    }

    /// For example `at the end of 2026-11-22, as known at sequence 12`.
    public String inWords(long sequence) {
        return "%sas known at sequence %d"
                .formatted(date.map("at the end of %s, "::formatted).orElse(""), sequence);
    }

    /// The address of a page of it.
    ///
    /// @param name of the field that has the words
    /// @param after the last that is known; empty for the first page
    String path(String path, String name, String after) {
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put(name, words);
        parts.put("date", date.map(LocalDate::toString).orElse(""));
        parts.put("known", known.isPresent() ? Long.toString(known.getAsLong()) : "");
        parts.put("after", after);
        String query =
                parts.entrySet().stream()
                        .filter(one -> !one.getValue().isEmpty())
                        .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), UTF_8))
                        .collect(Collectors.joining("&"));
        return query.isEmpty() ? path : path + "?" + query;
    }
}
