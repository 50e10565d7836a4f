/// Balance proofs: a node's accounts in the ledger held against what the node itself says of its channels and its wallet.
/// Pure: the same reading and the same accounts give the same proof.
@NullMarked
package tallystick.ledger.proof;

import org.jspecify.annotations.NullMarked;
