package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tallystick.db.write.TransferRepository;
import tallystick.ledger.Msat;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.Transfer;
import tallystick.proto.storage.v1.StoredItem;
import tallystick.proto.storage.v1.StoredLeg;

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
        private final Set<Long> ids = new HashSet<>();
        private final Set<Account> accounts = new HashSet<>();

        Wanted(Known known) {
            this.known = known;
        }

        /// What an item has posted.
        void add(StoredItem stored) {
            for (StoredLeg leg : stored.getLegsList()) {
                ids.add(leg.getDebitId());
                ids.add(leg.getCreditId());
            }
        }

        /// What an item should post.
        void add(Transfer transfer) {
            accounts.add(transfer.debit());
            accounts.add(transfer.credit());
        }

        /// Accounts that are new are made.
        Accounts find(Connection connection, TransferRepository transfers) throws SQLException {
            known.forgetMany();
            Set<Long> unknownIds = new HashSet<>(ids);
            unknownIds.removeAll(known.accounts.keySet());
            Set<String> unknown = new HashSet<>();
            for (Account account : accounts) {
                if (!known.ids.containsKey(account)) {
                    unknown.add(account.name());
                }
            }
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

    long id(Account account) {
        Long id = known.ids.get(account);
        return id == null ? requireNonNull(made.get(account), account.name()) : id;
    }

    /// What an item has posted, by leg.
    Map<String, Transfer> posted(StoredItem stored) {
        Map<String, Transfer> result = new TreeMap<>();
        for (StoredLeg leg : stored.getLegsList()) {
            result.put(
                    leg.getLeg(),
                    new Transfer(
                            account(leg.getDebitId()),
                            account(leg.getCreditId()),
                            Msat.of(leg.getAmountMsat())));
        }
        return result;
    }

    StoredLeg stored(String leg, Transfer transfer) {
        return StoredLeg.newBuilder()
                .setLeg(leg)
                .setDebitId(id(transfer.debit()))
                .setCreditId(id(transfer.credit()))
                .setAmountMsat(transfer.amount().value())
                .build();
    }

    private Account account(long id) {
        return requireNonNull(known.accounts.get(id), "account");
    }
}
