package tallystick.ledger.item;

import java.util.Optional;

/// What a group of items decided for one of them.
///
/// @param contributedMsat what the item had said to the group then; when it says something else now, this no longer counts
/// @param residueMsat the residue that the item takes over from the others of its group; negative when they take over its
///     own. Over all items of a group the sum is zero
/// @param isOpen true when the group leaves the item unexplained
/// @param proposal what the item may be about, for a person to decide: see tallystick.ledger.match.Offer
public record Allocation(
        long contributedMsat, long residueMsat, boolean isOpen, Optional<String> proposal) {
    public Allocation(long contributedMsat, long residueMsat, boolean isOpen) {
        this(contributedMsat, residueMsat, isOpen, Optional.empty());
    }
}
