package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tallystick.db.write.TransferRepository;
import tallystick.ledger.Msat;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.Transfer;

/// The accounts that one batch touches, ids by account and accounts by id.
final class Accounts {
    private final Known known;
    private final Map<Account, Long> made;

    private Accounts(Known known, Map<Account, Long> made) {
        this.known = known;
        this.made = made;
    }

    /// Accounts that are in the database for good: an account never changes and is never removed. One thread.
    static final class Known {
        /// More are forgotten and looked up again. A channel is an account.
        private static final int ACCOUNTS_MAX = 1_000_000;

        private final Map<Account, Long> ids = new HashMap<>();
        private final Map<Long, Account> accounts = new HashMap<>();

        private void forgetMany() {
            if (ids.size() > ACCOUNTS_MAX) {
                ids.clear();
                accounts.clear();
            }
        }

        private void add(Map<String, Long> found) {
            found.forEach(
                    (name, id) -> {
                        Account account = new Account(name);
                        ids.put(account, id);
                        accounts.put(id, account);
                    });
        }
    }

    /// Collects what is to be looked up, so that it is done with one statement.
    static final class Wanted {
        private final Known known;
        private final Set<Long> unknownIds = new HashSet<>();
        private final Set<String> unknown = new HashSet<>();

        Wanted(Known known) {
            known.forgetMany();
            this.known = known;
        }

        /// What an item has posted.
        void add(List<Effects.Leg> posted) {
            for (Effects.Leg leg : posted) {
                add(leg.debitId());
                add(leg.creditId());
            }
        }

        private void add(long id) {
            if (!known.accounts.containsKey(id)) {
                unknownIds.add(id);
            }
        }

        /// What an item should post.
        void add(Transfer transfer) {
            add(transfer.debit());
            add(transfer.credit());
        }

        private void add(Account account) {
            if (!known.ids.containsKey(account)) {
                unknown.add(account.name());
            }
        }

        /// Accounts that are new are made.
        Accounts find(Connection connection, TransferRepository transfers) throws SQLException {
            if (!unknownIds.isEmpty()) {
                known.add(transfers.accountsById(connection, unknownIds));
            }
            if (!unknown.isEmpty()) {
                Map<String, Long> found = transfers.accountIds(connection, unknown);
                known.add(found);
                unknown.removeAll(found.keySet());
            }
            Map<Account, Long> made = new HashMap<>();
            if (!unknown.isEmpty()) {
                // Not known for good before the transaction is committed.
                transfers
                        .makeAccounts(connection, unknown)
                        .forEach((name, id) -> made.put(new Account(name), id));
            }
            return new Accounts(known, made);
        }
    }

    /// The id of clearing, which there is as soon as anything was posted.
    static long clearing(Connection connection, TransferRepository transfers) throws SQLException {
        String name = Account.CLEARING.name();
        return requireNonNull(transfers.accountIds(connection, Set.of(name)).get(name), name);
    }

    long id(Account account) {
        Long id = known.ids.get(account);
        return id == null ? requireNonNull(made.get(account), account.name()) : id;
    }

    /// What an item has posted, by leg.
    Map<String, Transfer> transfers(List<Effects.Leg> posted) {
        Map<String, Transfer> result = new TreeMap<>();
        for (Effects.Leg leg : posted) {
            result.put(
                    leg.name(),
                    new Transfer(
                            account(leg.debitId()),
                            account(leg.creditId()),
                            Msat.of(leg.amountMsat())));
        }
        return result;
    }

    Effects.Leg leg(String name, Transfer transfer) {
        return new Effects.Leg(
                name, id(transfer.debit()), id(transfer.credit()), transfer.amount().value());
    }

    private Account account(long id) {
        return requireNonNull(known.accounts.get(id), "account");
    }
}
