package tallystick.report.journal;

import java.io.IOException;
import java.math.BigInteger;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.JournalEntry;
import tallystick.report.figures.PlainText;

/// For `beancount`, whose accounts have a name of capitals, letters, digits and hyphens under one of five roots: nodes are
/// Assets, all else is Equity, since the ledger does not know what the business's accounts are. Each account's own name stands
/// at its opening. Amounts are whole MSAT: with fractions beancount would tolerate differences.
final class BeancountJournal implements Journal {
    private static final Pattern NODE =
            Pattern.compile("node:([0-9a-f]{8})[0-9a-f]*:([a-z]+):?(.*)");

    /// Before everything that nodes can have done; books may tell of earlier days.
    private static final LocalDate OPENED = LocalDate.of(2009, 1, 3);

    private final Map<Account, String> names = new HashMap<>();
    private final Set<String> taken = new HashSet<>();

    @Override
    public void write(Head head, Entries entries, Appendable out) throws IOException {
        CommentLines.about(head, out);
        line(out, "option \"title\" \"%s\"".formatted(text(head.ledger())));
        line(out, "option \"operating_currency\" \"MSAT\"");
        LocalDate opened = head.from().isBefore(OPENED) ? head.from() : OPENED;
        for (Account account : head.balances().keySet()) {
            line(out, "%s open %s MSAT".formatted(opened, name(account)));
            line(out, "  account: \"%s\"".formatted(text(account.name())));
        }
        if (!head.opening().isEmpty()) {
            line(out, "");
            line(out, "%s * \"opening balances\"".formatted(head.from()));
            for (Map.Entry<Account, BigInteger> one : head.opening().entrySet()) {
                line(out, "  %s  %d MSAT".formatted(name(one.getKey()), one.getValue()));
            }
        }
        entries.forEach(entry -> add(entry, out));
        line(out, "");
        for (Map.Entry<Account, BigInteger> one : head.balances().entrySet()) {
            // A balance holds at the beginning of its day.
            line(
                    out,
                    "%s balance %s  %d MSAT"
                            .formatted(
                                    head.closing().plusDays(1),
                                    name(one.getKey()),
                                    one.getValue()));
        }
    }

    private void add(JournalEntry entry, Appendable out) throws IOException {
        line(out, "");
        line(out, "%s * \"%s\"".formatted(entry.day(), text(entry.what())));
        line(out, "  item: \"%s\"".formatted(text(entry.item())));
        for (JournalEntry.Line one : entry.lines()) {
            line(out, "  %s  %d MSAT".formatted(name(one.account()), one.msat()));
        }
    }

    private String name(Account account) {
        return names.computeIfAbsent(account, this::newName);
    }

    private String newName(Account account) {
        Matcher node = NODE.matcher(account.name());
        String wanted =
                node.matches()
                        ? joined(
                                Stream.of(
                                        "Assets",
                                        "N" + node.group(1),
                                        node.group(2),
                                        node.group(3)))
                        : joined(
                                Stream.concat(
                                        Stream.of("Equity"),
                                        Stream.of(account.name().split(":", -1))));
        // Two names may differ in nothing that beancount takes.
        String name = taken.add(wanted) ? wanted : wanted + "-" + AccountDigest.of(account);
        taken.add(name);
        return name;
    }

    private static String joined(Stream<String> parts) {
        return parts.filter(part -> !part.isEmpty())
                .map(BeancountJournal::component)
                .collect(Collectors.joining(":"));
    }

    private static String component(String part) {
        String plain = part.replaceAll("[^A-Za-z0-9-]", "-");
        String first = plain.substring(0, 1).toUpperCase(java.util.Locale.ROOT);
        return first.equals("-") ? "X" + plain : first + plain.substring(1);
    }

    private static String text(String text) {
        return PlainText.oneLine(text).replace("\\", "\\\\").replace("\"", "\\\"");
    }

    private static void line(Appendable out, String text) throws IOException {
        out.append(text).append('\n');
    }
}
