package tallystick.report;

import java.time.LocalDate;
import tallystick.db.report.LedgerReading;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.Conclusion;
import tallystick.report.figures.Coverage;
import tallystick.report.figures.NodeNames;
import tallystick.report.figures.NotDecidedYet;
import tallystick.report.figures.Proof;
import tallystick.report.figures.Register;
import tallystick.report.figures.Standings;

/// What the template of the HTML report prints.
public record ReportPage(
        LedgerReading reading,
        LocalDate day,
        String stylesheet,
        String conclusion,
        Coverage coverage,
        Standings standings,
        Register open,
        Register information,
        NotDecidedYet notDecidedYet,
        Proof proof,
        NodeNames names) {
    static ReportPage of(LedgerReading reading, LocalDate day, String stylesheet) {
        return new ReportPage(
                reading,
                day,
                stylesheet,
                new Conclusion(Amounts.PAGE).of(reading),
                Coverage.of(reading),
                Standings.of(reading),
                Register.of(reading.mismatches()),
                Register.of(reading.information()),
                NotDecidedYet.of(reading),
                Proof.of(reading),
                new NodeNames(reading));
    }

    public String status() {
        return coverage.isComplete()
                ? "Final: coverage complete"
                : "Provisional: coverage is not complete";
    }
}
