package tallystick.ledger.proof;

/// What the ledger holds of a node against the node's exact figure. Unit: msat.
///
/// @param residualMsat the ledger's less the node's
/// @param explanation what explains all of the residual; empty when nothing does, or when there is none
public record Total(long ledgerMsat, long nodeMsat, long residualMsat, String explanation) {
    static Total of(long ledgerMsat, long nodeMsat) {
        return new Total(ledgerMsat, nodeMsat, Math.subtractExact(ledgerMsat, nodeMsat), "");
    }

    Total explainedBy(String words) {
        return new Total(ledgerMsat, nodeMsat, residualMsat, words);
    }

    /// What is left of the residual when it is explained.
    public long unexplainedMsat() {
        return explanation.isEmpty() ? residualMsat : 0;
    }

    /// True when both miss by the same, and neither side moved in between.
    boolean confirms(Total earlier) {
        return unexplainedMsat() != 0 && equals(earlier);
    }
}
