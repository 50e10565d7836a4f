package tallystick.serve.web.account;

import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import tallystick.db.query.AccountReader;
import tallystick.db.query.ItemReader;

/// What the template of one account prints. Unit: msat.
///
/// @param sequence as known then
/// @param balance debits less credits, on the day and at the sequence that are asked for
/// @param all what was debited and credited up to now
/// @param transfers up to the sequence, of whatever day, oldest first
/// @param next address of the page after this one; empty on the last
public record AccountView(
        AsOf question,
        long sequence,
        BigInteger balance,
        AccountReader.Balance all,
        List<ItemReader.Transfer> transfers,
        boolean isFirst,
        Optional<String> next) {
    public AccountView {
        transfers = List.copyOf(transfers);
    }

    /// What a transfer does to the account: plus when debited.
    public BigInteger effect(ItemReader.Transfer one) {
        BigInteger amount = BigInteger.valueOf(one.amountMsat());
        BigInteger debited = one.debit().equals(all.name()) ? amount : BigInteger.ZERO;
        BigInteger credited = one.credit().equals(all.name()) ? amount : BigInteger.ZERO;
        return debited.subtract(credited);
    }

    public String first() {
        return question.path(AccountPages.TRANSFERS, AccountPages.ACCOUNT, "");
    }
}
