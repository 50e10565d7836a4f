package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tallystick.db.Transactions;
import tallystick.db.write.GroupRepository;
import tallystick.db.write.IdentityRepository;
import tallystick.db.write.RegisterRepository;
import tallystick.ledger.NodeId;
import tallystick.ledger.mismatch.Code;
import tallystick.ledger.mismatch.GroupVerdict;
import tallystick.ledger.mismatch.IdentityRules;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ledger.proof.Identities;

/// Checks with every sweep that the ledger holds together in itself. It reads all items and transfers, so in a large ledger it comes
/// less often.
final class IdentityCheck {
    /// A check reads more than a million transfers a second: a twentieth of the time at most is spent on it.
    private static final long TRANSFERS_A_SECOND = 50_000;

    private final Transactions transactions;
    private final RuleSet rules;
    private final IdentityRepository identities = new IdentityRepository();
    private Instant notBefore = Instant.MIN;
    private @Nullable Identities read;

    IdentityCheck(Transactions transactions, RuleSet rules) {
        this.transactions = transactions;
        this.rules = rules;
    }

    /// To be decided with what a node tells of its balances.
    static GroupRepository.Dirty dirty() {
        return new GroupRepository.Dirty(IdentityRules.GROUP, Instant.EPOCH, null, null);
    }

    static boolean isOne(String group) {
        return group.equals(IdentityRules.GROUP);
    }

    boolean isTime(Instant now) {
        return !now.isBefore(notBefore);
    }

    /// Reads the ledger, without any lock: it may take long.
    void read(Instant now) {
        transactions.read(
                connection -> {
                    read = identities.read(connection);
                    notBefore =
                            now.plusSeconds(identities.transfers(connection) / TRANSFERS_A_SECOND);
                    return now;
                });
    }

    /// What was read comes to. What is open of it already stands since it was first seen.
    GroupVerdict verdict(Connection connection, RegisterRepository register, Instant now)
            throws SQLException {
        Map<String, Instant> standing = new HashMap<>();
        register.standingByOwner(connection, List.of(IdentityRules.GROUP))
                .forEach(row -> standing.put(row.code() + '/' + row.node(), row.since()));
        return GroupVerdict.reporting(
                IdentityRules.findings(
                        requireNonNull(read),
                        rules,
                        now,
                        (code, node) -> standing.getOrDefault(key(code, node), now)),
                0);
    }

    private static String key(Code code, Optional<NodeId> node) {
        return code.name() + '/' + node.map(NodeId::pubkey).orElse("");
    }
}
