package tallystick.report;

import java.time.LocalDate;
import java.util.Optional;
import java.util.stream.LongStream;
import tallystick.db.report.LedgerReading;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.Conclusion;
import tallystick.report.figures.Coverage;
import tallystick.report.figures.NodeNames;
import tallystick.report.figures.NotDecidedYet;
import tallystick.report.figures.Proof;
import tallystick.report.figures.Register;
import tallystick.report.figures.Standings;
import tallystick.report.figures.Waiting;

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
    /// Ten million sat fill a column.
    private static final long LONG_MSAT = 10_000_000_000L;

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
        if (!proof.holds() || proof.result() == Proof.Result.DRIFT) {
            return "Not to be signed: a check does not hold";
        }
        return coverage.isComplete()
                ? "Final: coverage complete"
                : "Provisional: coverage is not complete";
    }

    /// When what waits will be due; empty when nothing waits.
    public Optional<String> waiting() {
        return Waiting.inWords(reading);
    }

    /// True when an amount is too long for columns of a set width.
    public boolean hasLongAmounts() {
        return open.lines().stream()
                .map(Register.Line::mismatch)
                .flatMapToLong(
                        mismatch ->
                                LongStream.of(
                                        mismatch.amountMsat(),
                                        mismatch.nodeMsat().orElse(0),
                                        mismatch.booksMsat().orElse(0)))
                .anyMatch(msat -> msat <= -LONG_MSAT || msat >= LONG_MSAT);
    }
}
