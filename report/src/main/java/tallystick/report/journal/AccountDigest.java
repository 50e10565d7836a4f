package tallystick.report.journal;

import tallystick.ledger.account.Account;

/// Tells accounts apart whose names a format cannot tell apart.
final class AccountDigest {
    private static final int DIGITS = 8;

    private AccountDigest() {}

    /// Eight hex digits.
    static String of(Account account) {
        return Digest.of(account.name()).substring(0, DIGITS);
    }
}
