package tallystick.reconcile;

import java.util.HexFormat;
import java.util.List;
import javax.sql.DataSource;
import tallystick.db.Transactions;
import tallystick.db.write.DecisionRepository;
import tallystick.ledger.decision.Decision;

/// What people decided, as far as the ledger has applied it. Any thread.
public final class DecisionBook {
    private final Transactions transactions;
    private final DecisionRepository repository = new DecisionRepository();

    public DecisionBook(DataSource dataSource) {
        this.transactions = new Transactions(dataSource);
    }

    /// About one mismatch, in the order in which people decided.
    ///
    /// @param mismatchId 64 hex digits
    public List<Decision> about(String mismatchId) {
        byte[] id = HexFormat.of().parseHex(mismatchId);
        return transactions
                .read(connection -> repository.ofMismatches(connection, List.of(id)))
                .stream()
                .map(DecisionCodec::parse)
                .sorted(Decision.DECIDED)
                .toList();
    }
}
