package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import tallystick.db.write.TransferRepository;
import tallystick.ledger.Msat;
import tallystick.ledger.account.Account;
import tallystick.ledger.account.Transfer;
import tallystick.proto.storage.v1.StoredItem;
import tallystick.proto.storage.v1.StoredLeg;

/// The accounts that one batch touches, ids by name and names by id.
final class Accounts {
    private final Map<String, Long> ids;
    private final Map<Long, String> names = new HashMap<>();

    private Accounts(Map<String, Long> ids) {
        this.ids = ids;
        ids.forEach((name, id) -> names.put(id, name));
    }

    /// Collects what is to be looked up, so that it is done with one statement.
    static final class Wanted {
        private final Set<Long> ids = new HashSet<>();
        private final Set<String> names = new TreeSet<>();

        /// What an item has posted.
        void add(StoredItem stored) {
            for (StoredLeg leg : stored.getLegsList()) {
                ids.add(leg.getDebitId());
                ids.add(leg.getCreditId());
            }
        }

        /// What an item should post.
        void add(Transfer transfer) {
            names.add(transfer.debit().name());
            names.add(transfer.credit().name());
        }

        /// Accounts that are new are made.
        Accounts find(Connection connection, TransferRepository transfers) throws SQLException {
            Map<String, Long> byName = new HashMap<>();
            if (!names.isEmpty()) {
                byName.putAll(transfers.accountIds(connection, names));
            }
            Set<Long> unknown = new HashSet<>(ids);
            unknown.removeAll(byName.values());
            if (!unknown.isEmpty()) {
                byName.putAll(transfers.accountsById(connection, unknown));
            }
            return new Accounts(byName);
        }
    }

    long id(Account account) {
        return requireNonNull(ids.get(account.name()), account.name());
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
        return new Account(requireNonNull(names.get(id), "account"));
    }
}
