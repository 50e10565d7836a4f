package tallystick.ledger.proof;

import java.util.List;

/// What may be behind a drift: what has exactly its amount.
///
/// @param open references of items with book entries of that amount at that node, which no evidence bears out
/// @param transfers how many transfers on the accounts have it, between the last proof that footed and the first that did not
/// @param items references of the items of the first of them
public record Candidates(List<String> open, long transfers, List<String> items) {
    /// So many are looked for; one more says that there are more.
    public static final int MAX = 20;

    public static final Candidates NONE = new Candidates(List.of(), 0, List.of());

    public Candidates {
        open = List.copyOf(open);
        items = List.copyOf(items);
    }
}
