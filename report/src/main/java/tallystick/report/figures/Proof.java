package tallystick.report.figures;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tallystick.db.report.LedgerReading;
import tallystick.db.report.LedgerReading.ChannelProof;
import tallystick.db.report.LedgerReading.NodeProof;
import tallystick.ledger.proof.Total;

/// What the books of the ledger are checked against: each node's own figures, and the ledger's own identities.
public record Proof(
        List<Line> lines,
        BigInteger clearingMsat,
        BigInteger itemsMsat,
        BigInteger trialBalanceMsat) {
    public Proof {
        lines = List.copyOf(lines);
    }

    public enum Result {
        PROVEN("=", "proven", "ok"),
        DRIFT("≠", "drift", "ne"),
        NOT_KNOWN("", "not known", "soft");

        private final String sign;
        private final String label;
        private final String style;

        Result(String sign, String label, String style) {
            this.sign = sign;
            this.label = label;
            this.style = style;
        }

        /// The sign and the word.
        public String text() {
            return sign.isEmpty() ? label : sign + " " + label;
        }

        public String style() {
            return style;
        }
    }

    /// What one node holds in its channels, or in its wallet.
    ///
    /// @param nodeMsat by the node itself; empty when it has not said
    public record Line(
            String node,
            String pubkey,
            String account,
            long ledgerMsat,
            Optional<Long> nodeMsat,
            long residualMsat,
            Result result) {}

    public static Proof of(LedgerReading reading) {
        List<Line> lines = new ArrayList<>();
        for (NodeProof node : reading.proofs()) {
            lines.add(channels(node));
            node.wallet().ifPresent(wallet -> lines.add(line(node, "wallet", wallet)));
        }
        return new Proof(
                lines, reading.clearingMsat(), reading.itemsMsat(), reading.trialBalanceMsat());
    }

    /// Clearing less the residues: 0 unless the ledger is broken.
    public BigInteger unexplainedMsat() {
        return clearingMsat.subtract(itemsMsat);
    }

    /// True when clearing is explained and debits equal credits.
    public boolean holds() {
        return unexplainedMsat().signum() == 0 && trialBalanceMsat.signum() == 0;
    }

    /// What all lines come to: drift when one drifts, not known when one is not known or there is none.
    public Result result() {
        if (lines.stream().anyMatch(line -> line.result() == Result.DRIFT)) {
            return Result.DRIFT;
        }
        boolean known =
                !lines.isEmpty() && lines.stream().allMatch(line -> line.result() == Result.PROVEN);
        return known ? Result.PROVEN : Result.NOT_KNOWN;
    }

    public BigInteger ledgerMsat() {
        return Sums.of(lines, Line::ledgerMsat);
    }

    /// What all nodes say; empty when one has not said.
    public Optional<BigInteger> nodeMsat() {
        if (lines.stream().anyMatch(line -> line.nodeMsat().isEmpty())) {
            return Optional.empty();
        }
        return Optional.of(Sums.of(lines, line -> line.nodeMsat().orElse(0L)));
    }

    public BigInteger residualMsat() {
        return Sums.of(lines, Line::residualMsat);
    }

    /// The exact total where the node gave it. A channel that drifts is drift, also when another makes up for it.
    private static Line channels(NodeProof node) {
        long distance =
                Sums.of(node.channels(), channel -> Math.abs(channel.residualMsat()))
                        .longValueExact();
        Line line =
                node.localTotal()
                        .map(total -> line(node, "channels", total))
                        .orElseGet(() -> withoutTotal(node));
        boolean drifts = distance != 0 && line.result() != Result.DRIFT;
        return drifts ? drifting(line, distance) : line;
    }

    private static Line withoutTotal(NodeProof node) {
        return new Line(
                NodeNames.name(node.pubkey(), node.alias()),
                node.pubkey(),
                "channels",
                Sums.of(node.channels(), ChannelProof::ledgerMsat).longValueExact(),
                Optional.empty(),
                0,
                Result.NOT_KNOWN);
    }

    private static Line drifting(Line line, long distance) {
        return new Line(
                line.node(),
                line.pubkey(),
                line.account(),
                line.ledgerMsat(),
                line.nodeMsat(),
                distance,
                Result.DRIFT);
    }

    private static Line line(NodeProof node, String account, Total total) {
        return new Line(
                NodeNames.name(node.pubkey(), node.alias()),
                node.pubkey(),
                account,
                total.ledgerMsat(),
                Optional.of(total.nodeMsat()),
                total.residualMsat(),
                total.residualMsat() == 0 ? Result.PROVEN : Result.DRIFT);
    }
}
