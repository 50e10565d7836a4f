package tallystick.report.journal;

import java.io.IOException;
import java.math.BigInteger;
import java.util.Map;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.JournalEntry;
import tallystick.report.figures.PlainText;

/// For `hledger`: accounts have the ledger's own names; amounts are whole msat.
final class HledgerJournal implements Journal {
    @Override
    public void write(Head head, Entries entries, Appendable out) throws IOException {
        CommentLines.about(head, out);
        line(out, "decimal-mark .");
        line(out, "commodity 1,000. msat");
        for (Account account : head.balances().keySet()) {
            line(out, "account %s".formatted(name(account)));
        }
        if (!head.opening().isEmpty()) {
            line(out, "");
            line(out, "%s * opening balances".formatted(head.from()));
            for (Map.Entry<Account, BigInteger> one : head.opening().entrySet()) {
                line(out, "    %s  %d msat".formatted(name(one.getKey()), one.getValue()));
            }
        }
        entries.forEach(entry -> add(entry, out));
        line(out, "");
        line(out, "%s * closing balances".formatted(head.closing()));
        for (Map.Entry<Account, BigInteger> one : head.balances().entrySet()) {
            line(out, "    %s  0 msat = %d msat".formatted(name(one.getKey()), one.getValue()));
        }
    }

    private static void add(JournalEntry entry, Appendable out) throws IOException {
        line(out, "");
        line(
                out,
                "%s * %s ; item: %s"
                        .formatted(entry.day(), text(entry.what()), text(entry.item())));
        for (JournalEntry.Line one : entry.lines()) {
            line(out, "    %s  %d msat".formatted(name(one.account()), one.msat()));
        }
    }

    /// Two blanks would end it. Where the name is not quite the account's own, a digest keeps apart what would be one.
    private static String name(Account account) {
        String name = text(account.name()).replaceAll("\\s+", " ").strip();
        return name.equals(account.name()) ? name : name + " #" + AccountDigest.of(account);
    }

    /// A semicolon would begin a comment, a comma a further tag.
    private static String text(String text) {
        return PlainText.oneLine(text).replace(';', ' ').replace(',', ' ');
    }

    private static void line(Appendable out, String text) throws IOException {
        out.append(text).append('\n');
    }
}
