package tallystick.report.figures;

import java.util.ArrayList;
import java.util.List;
import tallystick.db.report.DayReading.Sum;
import tallystick.db.report.LedgerReading;

/// Says in a sentence what a reading means, and in a further one each reason not to rely on it yet.
public final class Conclusion {
    private final Amounts amounts;

    public Conclusion(Amounts amounts) {
        this.amounts = amounts;
    }

    public String of(LedgerReading reading) {
        List<String> sentences = new ArrayList<>();
        sentences.add(standing(reading));
        Coverage.of(reading)
                .gap()
                .ifPresent(gap -> sentences.add("The report is provisional: " + gap + "."));
        Proof proof = Proof.of(reading);
        if (proof.unexplainedMsat().signum() != 0) {
            sentences.add(
                    "Stop signing: clearing and the residues differ by "
                            + amounts.sat(proof.unexplainedMsat())
                            + " sat.");
        }
        if (proof.trialBalanceMsat().signum() != 0) {
            sentences.add(
                    "Stop signing: debits and credits differ by "
                            + amounts.sat(proof.trialBalanceMsat())
                            + " sat.");
        }
        return String.join(" ", sentences);
    }

    private String standing(LedgerReading reading) {
        Standings standings = Standings.of(reading);
        List<String> parts = new ArrayList<>();
        parts.add(agreed(standings));
        parts.add(open(OpenMismatches.of(reading).total()));
        long waiting = standings.of(Standing.WAITING).count();
        if (waiting > 0) {
            parts.add(are(waiting) + " not yet due");
        }
        long before = standings.of(Standing.BEFORE_OPENING).count();
        if (before > 0) {
            parts.add(are(before) + " from before the ledger's opening");
        }
        long undecided = standings.of(Standing.NOT_DECIDED_YET).count();
        if (undecided > 0) {
            parts.add(are(undecided) + " not decided yet");
        }
        return String.join(", ", parts) + ", " + balances(reading) + ".";
    }

    private static String agreed(Standings standings) {
        long count = standings.total().count() - standings.of(Standing.BEFORE_OPENING).count();
        long agreed = standings.agreed().count();
        if (count == 0) {
            return "Nothing is booked yet";
        }
        return "%s of %s %s %s"
                .formatted(
                        Amounts.count(agreed),
                        Amounts.count(count),
                        count == 1 ? "reference" : "references",
                        agreed == 1 ? "agrees" : "agree");
    }

    private String open(Sum open) {
        if (open.count() == 0) {
            return "no mismatch is open";
        }
        return "%s %s open over %s sat"
                .formatted(
                        Amounts.count(open.count()),
                        open.count() == 1 ? "mismatch is" : "mismatches are",
                        amounts.sat(open.msat()));
    }

    private static String balances(LedgerReading reading) {
        return switch (Proof.of(reading).result()) {
            case PROVEN -> "and every balance is proven";
            case DRIFT -> "but not every balance is proven";
            case NOT_KNOWN ->
                    reading.proofs().isEmpty()
                            ? "and no balance has been compared yet"
                            : "and not every balance is known";
        };
    }

    private static String are(long count) {
        return Amounts.count(count) + (count == 1 ? " is" : " are");
    }
}
