package tallystick.ledger.account;

import tallystick.ledger.Msat;

/// One posting: the same amount to the debit of one account and to the credit of another.
public record Transfer(Account debit, Account credit, Msat amount) {
    public Transfer {
        if (amount.isZero()) {
            throw new IllegalArgumentException("transfer: 0 msat (expected: more than 0)");
        }
        if (debit.equals(credit)) {
            throw new IllegalArgumentException(
                    "transfer: %s on both sides (expected: two accounts)".formatted(debit.name()));
        }
    }

    /// What takes this one back.
    public Transfer reversed() {
        return new Transfer(credit, debit, amount);
    }

    /// What it adds to the residue of its item: credits to clearing less debits. Unit: msat.
    public long residueMsat() {
        if (credit.equals(Account.CLEARING)) {
            return amount.value();
        }
        return debit.equals(Account.CLEARING) ? -amount.value() : 0;
    }
}
