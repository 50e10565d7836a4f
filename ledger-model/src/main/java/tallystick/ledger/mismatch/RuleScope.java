package tallystick.ledger.mismatch;

import static java.util.Comparator.comparing;

import java.util.Comparator;
import java.util.Optional;
import tallystick.ledger.NodeId;

/// What a setting is for: a code, a node, one of the business's accounts, or several of these together.
///
/// The most specific wins. An account is more specific than a node, a node more than a code, a code more than all. So what is
/// said of an account and a node wins over what is said of the account and a code, and that over what is said of the account alone.
public record RuleScope(Optional<Code> code, Optional<NodeId> node, Optional<String> account)
        implements Comparable<RuleScope> {
    /// The less specific first.
    private static final Comparator<RuleScope> ORDER =
            comparing((RuleScope scope) -> scope.account.isPresent())
                    .thenComparing(scope -> scope.node.isPresent())
                    .thenComparing(scope -> scope.code.isPresent())
                    .thenComparing(RuleScope::prefix);

    public RuleScope {
        if (code.isEmpty() && node.isEmpty() && account.isEmpty()) {
            throw new IllegalArgumentException(
                    "scope: of nothing (expected: a code, a node or an account)");
        }
    }

    boolean covers(Code someCode, Optional<NodeId> someNode, Optional<String> someAccount) {
        return code.filter(one -> one != someCode).isEmpty()
                && node.filter(one -> !someNode.equals(Optional.of(one))).isEmpty()
                && account.filter(one -> !someAccount.equals(Optional.of(one))).isEmpty();
    }

    /// As it stands in a rules file, for example `code.OVERPAID.node.02...`.
    String prefix() {
        return code.map(one -> "code." + one + ".").orElse("")
                + node.map(one -> "node." + one.pubkey() + ".").orElse("")
                + account.map(one -> "account." + one + ".").orElse("");
    }

    @Override
    public int compareTo(RuleScope other) {
        return ORDER.compare(this, other);
    }
}
