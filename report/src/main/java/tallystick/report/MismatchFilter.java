package tallystick.report;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tallystick.db.report.LedgerReading;
import tallystick.db.report.LedgerReading.Mismatch;
import tallystick.db.report.LedgerReading.NodeReading;
import tallystick.db.report.LedgerReading.Pair;
import tallystick.ledger.mismatch.Verdict;
import tallystick.report.figures.NodeNames;
import tallystick.report.figures.Severity;

/// Which mismatches are wanted. What is empty does not narrow.
///
/// @param code exactly, for example `LIMBO_PAST_MATURITY`
/// @param atLeast this severity or worse
/// @param node alias, or the beginning of the key
/// @param text found in the reference, the order, the account or the id, whatever the case
public record MismatchFilter(
        Optional<String> code,
        Optional<Severity> atLeast,
        Optional<String> node,
        Optional<String> text) {
    public static final MismatchFilter ALL =
            new MismatchFilter(
                    Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    public MismatchFilter {
        requireNonNull(code, "code");
        requireNonNull(atLeast, "atLeast");
        requireNonNull(node, "node");
        requireNonNull(text, "text");
    }

    /// Those whose reference, order, account or id holds the text.
    public static MismatchFilter finding(String text) {
        return new MismatchFilter(
                Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(text));
    }

    public List<Mismatch> mismatches(LedgerReading reading) {
        return narrow(reading.mismatches(), reading);
    }

    public List<Mismatch> information(LedgerReading reading) {
        return narrow(reading.information(), reading);
    }

    /// What is not due yet, or not known yet.
    public List<Pair> waiting(LedgerReading reading) {
        NodeNames names = new NodeNames(reading);
        return reading.pairs().stream()
                .filter(pair -> pair.state() == Verdict.State.WAITING)
                .filter(pair -> node.map(wanted -> isNode(pair.node(), wanted, names)).orElse(true))
                .filter(
                        pair ->
                                text.map(wanted -> containsIgnoringCase(pair.reference(), wanted))
                                        .orElse(true))
                .toList();
    }

    /// False when the node that is asked for is neither of the fleet nor named by anything: then nothing found says nothing.
    public boolean isNodeKnown(LedgerReading reading) {
        NodeNames names = new NodeNames(reading);
        Stream<String> known =
                Stream.of(
                                reading.nodes().stream().map(NodeReading::pubkey),
                                reading.mismatches().stream().map(Mismatch::node),
                                reading.information().stream().map(Mismatch::node),
                                reading.pairs().stream().map(Pair::node))
                        .flatMap(pubkeys -> pubkeys);
        return node.map(wanted -> known.anyMatch(pubkey -> isNode(pubkey, wanted, names)))
                .orElse(true);
    }

    /// What is asked for, in words: `with this code`. Empty when everything is.
    String inWords() {
        List<String> words = new ArrayList<>();
        code.ifPresent(_ -> words.add("with this code"));
        atLeast.ifPresent(_ -> words.add("of this severity"));
        node.ifPresent(_ -> words.add("at this node"));
        text.ifPresent(_ -> words.add("with this text"));
        return String.join(" ", words);
    }

    private List<Mismatch> narrow(List<Mismatch> mismatches, LedgerReading reading) {
        NodeNames names = new NodeNames(reading);
        return mismatches.stream().filter(mismatch -> fits(mismatch, names)).toList();
    }

    private boolean fits(Mismatch mismatch, NodeNames names) {
        return code.map(mismatch.code()::equalsIgnoreCase).orElse(true)
                && atLeast.map(least -> Severity.of(mismatch.severity()).compareTo(least) <= 0)
                        .orElse(true)
                && node.map(wanted -> isNode(mismatch.node(), wanted, names)).orElse(true)
                && text.map(wanted -> holds(mismatch, wanted)).orElse(true);
    }

    private static boolean isNode(String pubkey, String wanted, NodeNames names) {
        return NodeNames.isMeant(wanted, pubkey, names.of(pubkey));
    }

    private static boolean holds(Mismatch mismatch, String wanted) {
        return List.of(mismatch.reference(), mismatch.order(), mismatch.account(), mismatch.id())
                .stream()
                .anyMatch(field -> containsIgnoringCase(field, wanted));
    }

    private static boolean containsIgnoringCase(String field, String wanted) {
        for (int i = 0; i + wanted.length() <= field.length(); i++) {
            if (field.regionMatches(true, i, wanted, 0, wanted.length())) {
                return true;
            }
        }
        return false;
    }
}
