package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// What must hold in every ledger at every moment, by one statement. Unit: msat.
///
/// @param unexplained residues of items that wait, are open, or are not decided yet
/// @param unposted transfers without their share in the balances
record Identity(
        BigDecimal clearing,
        BigDecimal items,
        BigDecimal unexplained,
        BigDecimal trialBalance,
        BigDecimal unposted) {
    private static final String STATEMENT =
            """
            SELECT clearing_msat, items_msat, unexplained_msat, trial_balance_msat, unposted_msat
              FROM ledger.identity
            """;

    private static final String DIFFERENCES =
            """
            SELECT node || ' ' || difference_msat FROM ledger.node_change WHERE difference_msat <> 0
            UNION ALL
            SELECT node || ' ' || channel || ' ' || difference_msat FROM ledger.channel_result WHERE difference_msat <> 0
            """;

    static void requireHolds(Connection connection) throws SQLException {
        Identity found = read(connection);
        assertThat(found.items)
                .as("%s: items = clearing", found)
                .isEqualByComparingTo(found.clearing);
        assertThat(found.unexplained)
                .as("%s: unexplained = clearing", found)
                .isEqualByComparingTo(found.clearing);
        assertThat(found.trialBalance).as("%s: trial balance", found).isZero();
        assertThat(found.unposted).as("%s: unposted", found).isZero();
        requireChannelsAddUp(connection);
    }

    /// What channels cost and earned and what else the wallet moved is all that a node holds; and of no channel anything is left
    /// unexplained.
    private static void requireChannelsAddUp(Connection connection) throws SQLException {
        List<String> found = new ArrayList<>();
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(DIFFERENCES)) {
            while (rows.next()) {
                found.add(rows.getString(1));
            }
        }
        assertThat(found).as("what does not add up to a node's change").isEmpty();
    }

    private static Identity read(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(STATEMENT)) {
            rows.next();
            return new Identity(
                    rows.getBigDecimal(1),
                    rows.getBigDecimal(2),
                    rows.getBigDecimal(3),
                    rows.getBigDecimal(4),
                    rows.getBigDecimal(5));
        }
    }
}
