package tallystick.ledger.account;

import tallystick.ledger.NodeId;

/// A ledger account, by its name.
///
/// An HTLC names its channel by short channel id, a channel record by channel point. Both are accounts of their own; what
/// belongs together is added up where balances are read (`ledger.account_balance`), so that no posting waits for the other.
public record Account(String name) implements Comparable<Account> {
    public static final Account CLEARING = new Account("clearing");
    public static final Account ROUNDING = new Account("rounding");
    public static final Account OPENING = new Account("opening");

    /// Our claim in a channel, by channel point.
    public static Account channel(NodeId node, String channelPoint) {
        return new Account("node:" + node + ":channel:" + channelPoint);
    }

    /// Our claim in a channel, by short channel id.
    public static Account channel(NodeId node, long chanId) {
        return new Account("node:" + node + ":scid:" + Long.toUnsignedString(chanId));
    }

    /// Where money stands whose channel the node does not tell.
    public static Account unknownChannel(NodeId node) {
        return new Account("node:" + node + ":channel:unknown");
    }

    /// What a closed channel held that is not back in the wallet, by channel point.
    public static Account limbo(NodeId node, String channelPoint) {
        return new Account("node:" + node + ":limbo:" + channelPoint);
    }

    public static Account wallet(NodeId node) {
        return new Account("node:" + node + ":wallet");
    }

    /// An account of the business, as its entries name it.
    public static Account books(String account) {
        return new Account("books:" + account);
    }

    @Override
    public int compareTo(Account other) {
        return name.compareTo(other.name);
    }
}
