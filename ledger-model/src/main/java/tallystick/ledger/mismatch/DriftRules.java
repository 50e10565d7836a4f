package tallystick.ledger.mismatch;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import tallystick.ledger.Msat;
import tallystick.ledger.Reference;
import tallystick.ledger.proof.Candidates;
import tallystick.ledger.proof.Course;
import tallystick.ledger.proof.Drift;

/// What a node's proofs report: channels and totals that drift.
public final class DriftRules {
    /// Groups that prove a node's balances: one for each node.
    public static final String PREFIX = "proof/";

    private DriftRules() {}

    /// @param candidates what may be behind it
    public static Finding finding(Drift drift, Candidates candidates) {
        return Finding.withoutHalves(
                code(drift),
                Optional.of(drift.node()),
                drift.channelPoint()
                        .map(point -> "channel:" + point)
                        .orElseGet(() -> new Reference.OfNode(drift.node()).text()),
                Msat.of(Math.abs(drift.course().driftMsat())),
                drift.course().driftSince().orElseThrow(),
                sentence(drift, candidates));
    }

    private static Code code(Drift drift) {
        return switch (drift.subject()) {
            case CHANNEL -> Code.CHANNEL_DRIFT;
            case CHANNELS -> Code.NODE_DRIFT;
            case WALLET -> Code.WALLET_DRIFT;
        };
    }

    private static String sentence(Drift drift, Candidates candidates) {
        long effect = drift.effectMsat();
        return "The ledger holds %s %s %s than %s says. %s%s%s"
                .formatted(
                        Sats.text(Math.abs(effect)),
                        effect > 0 ? "more" : "less",
                        where(drift),
                        Sats.text(drift.node()),
                        interval(drift.course()),
                        open(candidates),
                        transfers(candidates));
    }

    private static String where(Drift drift) {
        return switch (drift.subject()) {
            case CHANNEL -> "in this channel";
            case CHANNELS -> "in all channels together";
            case WALLET -> "in the wallet";
        };
    }

    private static String interval(Course course) {
        String failed = course.failed().map(mark -> text(mark.at())).orElseThrow();
        return course.footed()
                .map(
                        mark ->
                                "It footed at %s, and not any more at %s."
                                        .formatted(text(mark.at()), failed))
                .orElseGet(
                        () -> "It has never footed; the first proof is of %s.".formatted(failed));
    }

    private static String open(Candidates candidates) {
        List<String> open = candidates.open();
        return switch (open.size()) {
            case 0 -> "";
            case 1 -> " Booked with this amount, and open: %s.".formatted(open.getFirst());
            default ->
                    " Booked with this amount, and open: %s items.".formatted(count(open.size()));
        };
    }

    private static String transfers(Candidates candidates) {
        if (candidates.transfers() == 0) {
            return "";
        }
        return candidates.transfers() == 1
                ? " One transfer in between has this amount: %s."
                        .formatted(candidates.items().getFirst())
                : " %s transfers in between have this amount."
                        .formatted(count(candidates.transfers()));
    }

    private static String count(long found) {
        return found > Candidates.MAX ? "more than " + Candidates.MAX : String.valueOf(found);
    }

    private static String text(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
