package tallystick.ledger.proof;

import java.util.OptionalLong;

/// One channel of a proof. Unit: msat.
///
/// @param ledgerMsat balance of its account
/// @param residualMsat how far that lies outside what the node says; empty when it cannot be told at this moment
/// @param explanation why it cannot be told; else empty
public record ChannelProof(
        ChannelFigures figures, long ledgerMsat, OptionalLong residualMsat, String explanation) {
    public String channelPoint() {
        return figures.channelPoint();
    }

    /// True when both miss by the same, and neither side moved in between.
    boolean confirms(ChannelProof earlier) {
        return residualMsat.isPresent()
                && residualMsat.getAsLong() != 0
                && residualMsat.equals(earlier.residualMsat)
                && ledgerMsat == earlier.ledgerMsat
                && figures.isAs(earlier.figures);
    }
}
