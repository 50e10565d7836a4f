package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import tallystick.ledger.NodeId;

/// What a rule claims: from when, and what must have been read for it. Immutable.
///
/// @param due the moment from which it may open
/// @param readPast the whole fleet must have been read to there; empty when what it rests on is at hand
/// @param isHeldByGaps no node may miss a receipt
/// @param nodeMsat what the node says: in positive, out negative; empty when it says nothing
/// @param booksMsat what the books say, signed alike
record Claim(
        Code code,
        Optional<NodeId> node,
        long amountMsat,
        Instant due,
        Optional<Instant> readPast,
        boolean isHeldByGaps,
        Supplier<String> sentence,
        OptionalLong nodeMsat,
        OptionalLong booksMsat) {
    static Claim of(Code code, Optional<NodeId> node, long amountMsat, Instant due) {
        return new Claim(
                code,
                node,
                amountMsat,
                due,
                Optional.empty(),
                false,
                () -> "",
                OptionalLong.empty(),
                OptionalLong.empty());
    }

    static Claim of(Code code, NodeId node, long amountMsat, Instant due) {
        return of(code, Optional.of(node), amountMsat, due);
    }

    Claim onceReadPast(Instant moment) {
        return new Claim(
                code,
                node,
                amountMsat,
                due,
                Optional.of(moment),
                isHeldByGaps,
                sentence,
                nodeMsat,
                booksMsat);
    }

    /// And then only while no node misses a receipt.
    Claim unlessGaps() {
        return new Claim(
                code, node, amountMsat, due, readPast, true, sentence, nodeMsat, booksMsat);
    }

    Claim saying(String text) {
        return saying(() -> text);
    }

    /// Of claims that usually wait, and come to nothing: the text is made when it is needed.
    Claim saying(Supplier<String> text) {
        return new Claim(
                code, node, amountMsat, due, readPast, isHeldByGaps, text, nodeMsat, booksMsat);
    }

    Claim nodeSays(long msat) {
        return new Claim(
                code,
                node,
                amountMsat,
                due,
                readPast,
                isHeldByGaps,
                sentence,
                OptionalLong.of(msat),
                booksMsat);
    }

    Claim booksSay(long msat) {
        return booksSay(OptionalLong.of(msat));
    }

    Claim booksSay(OptionalLong msat) {
        return new Claim(
                code, node, amountMsat, due, readPast, isHeldByGaps, sentence, nodeMsat, msat);
    }
}
