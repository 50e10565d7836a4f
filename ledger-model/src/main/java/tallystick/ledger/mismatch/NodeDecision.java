package tallystick.ledger.mismatch;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.item.Gaps.Gap;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NodeFacts;

/// Whether a node is heard of, and whether all that it said was read. One use.
final class NodeDecision {
    /// So many gaps are named; more are counted.
    private static final int NAMED_MAX = 5;

    private final PlainSubject subject;
    private final NodeId node;
    private final RuleSet rules;
    private final Claims claims;

    NodeDecision(
            Item item, Reference.OfNode reference, Coverage coverage, RuleSet rules, Instant now) {
        this.subject = new PlainSubject(item);
        this.node = reference.node();
        this.rules = rules;
        this.claims = new Claims(subject, coverage, now);
    }

    Verdict verdict() {
        if (subject.item().facts().isPresent()
                && subject.item().facts().get() instanceof NodeFacts.Followed followed) {
            followed.heardLast().ifPresent(last -> silent(followed, last));
            if (!followed.gaps().isEmpty()) {
                claims.add(gaps(List.copyOf(followed.gaps().open())));
            }
        }
        return subject.verdict(claims);
    }

    private void silent(NodeFacts.Followed followed, Instant last) {
        Duration ofNode = rules.of(Code.NODE_UNREACHABLE, node).silentAfter();
        if (!ofNode.isZero()) {
            claims.add(
                    Claim.of(Code.NODE_UNREACHABLE, node, 0, last.plus(ofNode))
                            .saying(
                                    "%s was last heard of at %s; what happened there since is not known."
                                            .formatted(Sats.text(node), last)));
        }
        Duration ofStream = rules.of(Code.STREAM_STALLED, node).silentAfter();
        followed.heard()
                .forEach(
                        (stream, heard) -> {
                            if (heard.isBefore(last) && !ofStream.isZero()) {
                                claims.add(stalled(stream, heard, heard.plus(ofStream)));
                            }
                        });
    }

    private Claim stalled(String stream, Instant heard, Instant due) {
        return Claim.of(Code.STREAM_STALLED, node, 0, due)
                .saying(
                        "Of the %s of %s nothing was read since %s, though it is heard of."
                                .formatted(
                                        stream.toLowerCase(Locale.ROOT), Sats.text(node), heard));
    }

    private Claim gaps(List<Gap> gaps) {
        Instant since = gaps.stream().map(Gap::since).min(Instant::compareTo).orElseThrow();
        String named =
                gaps.stream()
                        .limit(NAMED_MAX)
                        .map(NodeDecision::text)
                        .collect(Collectors.joining(", "));
        String more =
                gaps.size() <= NAMED_MAX ? "" : " and %d more".formatted(gaps.size() - NAMED_MAX);
        return Claim.of(Code.GAP_UNPROVEN, node, 0, since)
                .saying(
                        "%s gave numbers that nothing carries: %s%s. No receipt is called missing meanwhile."
                                .formatted(Sats.text(node), named, more));
    }

    private static String text(Gap gap) {
        String order = gap.kind().toLowerCase(Locale.ROOT).replace('_', ' ');
        return gap.from() == gap.to()
                ? "%s %d".formatted(order, gap.from())
                : "%s %d to %d".formatted(order, gap.from(), gap.to());
    }
}
