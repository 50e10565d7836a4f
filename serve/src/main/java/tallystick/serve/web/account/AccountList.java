package tallystick.serve.web.account;

import java.math.BigInteger;
import java.util.List;
import java.util.Optional;

/// What the template of the list prints. Unit: msat.
///
/// @param sequence as known then
/// @param rows by name
/// @param total over all pages
/// @param next address of the page after this one; empty on the last
public record AccountList(
        AsOf question,
        long sequence,
        List<Row> rows,
        Row total,
        long count,
        boolean isFirst,
        Optional<String> next) {
    public AccountList {
        rows = List.copyOf(rows);
    }

    /// An account.
    ///
    /// @param debit all that was debited; empty when what it held in the past is asked for
    public record Row(
            String name,
            Optional<BigInteger> debit,
            Optional<BigInteger> credit,
            BigInteger balance) {}

    public String first() {
        return question.path(AccountPages.PATH, AccountPages.WORDS, "");
    }

    /// Where its transfers are.
    public String transfers(Row row) {
        return new AsOf(row.name(), question.date(), question.known())
                .path(AccountPages.TRANSFERS, AccountPages.ACCOUNT, "");
    }
}
