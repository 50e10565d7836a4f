package tallystick.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tallystick.db.Transactions;
import tallystick.db.write.BatchRepository;
import tallystick.db.write.OpeningRepository;
import tallystick.db.write.RuleRepository;
import tallystick.ledger.mismatch.RuleSet;

/// The rule sets of a ledger: every one that was used, with its version, and which held from when on. Any thread.
public final class RuleBook {
    private final Transactions transactions;
    private final RuleRepository repository = new RuleRepository();
    private final BatchRepository batches = new BatchRepository();
    private final OpeningRepository openings = new OpeningRepository();

    public RuleBook(Transactions transactions) {
        this.transactions = transactions;
    }

    /// From now on the given rules hold. Stored are they under a version of their own, the same for the same content; an
    /// activation is recorded when others held until now.
    ///
    /// @return the rules under their version
    public RuleSet activate(RuleSet wanted, Instant now) {
        return transactions.call(
                connection -> {
                    repository.lock(connection);
                    int version = stored(connection, wanted, now);
                    OptionalInt active = repository.active(connection);
                    if (active.isEmpty() || active.getAsInt() != version) {
                        long batchId = batches.nextBatchId(connection);
                        repository.activate(connection, batchId, version);
                        batches.append(connection, batchId, "rules", now, 0);
                    }
                    return withPast(connection, wanted.withVersion(version));
                });
    }

    /// The rules that hold; empty before anything was decided.
    public Optional<RuleSet> active() {
        return transactions.read(this::active);
    }

    /// The same within a transaction of the caller's.
    Optional<RuleSet> active(Connection connection) throws SQLException {
        OptionalInt version = repository.active(connection);
        Optional<RuleSet> found =
                version.isEmpty() ? Optional.empty() : load(connection, version.getAsInt());
        return found.isEmpty() ? found : Optional.of(withPast(connection, found.get()));
    }

    /// Decisions of people may rest on any rules that ever held.
    private RuleSet withPast(Connection connection, RuleSet rules) throws SQLException {
        List<RuleRepository.Activation> all = repository.activations(connection);
        List<RuleSet> former = new ArrayList<>();
        for (int version :
                all.stream().mapToInt(RuleRepository.Activation::version).distinct().toArray()) {
            load(connection, version).ifPresent(former::add);
        }
        return rules.after(all.getLast().at(), former).openedAt(openings.moment(connection));
    }

    /// The rules of a version.
    public Optional<RuleSet> version(int version) {
        return transactions.read(connection -> load(connection, version));
    }

    /// Which rules held from when on, in order.
    public List<RuleRepository.Activation> activations() {
        return transactions.read(repository::activations);
    }

    private Optional<RuleSet> load(Connection connection, int version) throws SQLException {
        return repository.body(connection, version).map(body -> RuleSet.parse(body, version));
    }

    private int stored(Connection connection, RuleSet wanted, Instant now) throws SQLException {
        String body = wanted.text();
        byte[] digest = Digests.sha256(body.getBytes(UTF_8));
        OptionalInt present = repository.version(connection, digest);
        return present.isPresent()
                ? present.getAsInt()
                : repository.add(connection, digest, body, now);
    }
}
