package tallystick.reconcile;

import java.util.List;
import tallystick.db.write.NodeRepository;
import tallystick.proto.v1.CoverageRecord;

/// What a Kafka record turned out to be.
sealed interface Decoded {
    /// Says something about items; a channel also names itself.
    record Statements(List<Statement> statements, List<NodeRepository.Alias> aliases)
            implements Decoded {
        public Statements {
            statements = List.copyOf(statements);
            aliases = List.copyOf(aliases);
        }

        static Statements of(Statement statement) {
            return new Statements(List.of(statement), List.of());
        }
    }

    /// A node's own balances.
    record Balances(NodeRepository.Balance balance) implements Decoded {}

    /// What a person decided about what a group of items came to.
    record OfGroup(GroupDecision decision) implements Decoded {}

    /// What is proven to have been read.
    record Covered(CoverageRecord coverage) implements Decoded {}
}
