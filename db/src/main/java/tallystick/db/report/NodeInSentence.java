package tallystick.db.report;

/// Sentences are decided without knowing what nodes are called; people know a node by its alias.
public final class NodeInSentence {
    private static final int HEAD = 8;
    private static final int TAIL = 6;

    private NodeInSentence() {}

    /// Puts the alias where the sentence names the node by its key.
    ///
    /// @param alias empty when never said: the key stays
    public static String named(String sentence, String pubkey, String alias) {
        return alias.isBlank() || pubkey.length() <= HEAD + TAIL
                ? sentence
                : sentence.replace(shortened(pubkey), alias);
    }

    /// As sentences name a node.
    private static String shortened(String pubkey) {
        return pubkey.substring(0, HEAD) + "…" + pubkey.substring(pubkey.length() - TAIL);
    }
}
