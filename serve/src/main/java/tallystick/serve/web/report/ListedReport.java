package tallystick.serve.web.report;

import java.util.HexFormat;
import java.util.Optional;
import tallystick.db.report.IssuedReports;
import tallystick.ledger.decision.Signing;

/// The newest report of a day, and who signed it.
///
/// @param signing empty while nobody signed
public record ListedReport(IssuedReports.Entry report, Optional<Signing> signing) {
    /// The sign and the words.
    public String state() {
        String reading = report.isProvisional() ? "… Provisional" : "= Final";
        if (signing.isEmpty()) {
            return reading + ", signed by nobody";
        }
        return signing.get().isClosed()
                ? "✓ Signed by two"
                : reading + ", prepared, waiting for a second person";
    }

    public String factsDigest() {
        return HexFormat.of().formatHex(report.factsDigest());
    }

    public String sealDigest() {
        return HexFormat.of().formatHex(report.sealDigest());
    }
}
