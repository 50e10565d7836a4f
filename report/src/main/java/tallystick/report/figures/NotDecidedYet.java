package tallystick.report.figures;

import java.math.BigInteger;
import java.util.List;
import java.util.stream.Collectors;
import tallystick.db.report.LedgerReading;
import tallystick.db.report.LedgerReading.NotDecided;

/// Items whose rules this version does not have. They are counted and never called a mismatch.
public record NotDecidedYet(List<NotDecided> kinds) {
    public NotDecidedYet {
        kinds = List.copyOf(kinds);
    }

    public static NotDecidedYet of(LedgerReading reading) {
        return new NotDecidedYet(reading.notDecidedYet());
    }

    public long items() {
        return kinds.stream().mapToLong(NotDecided::items).sum();
    }

    public BigInteger residueMsat() {
        return kinds.stream().map(NotDecided::residueMsat).reduce(BigInteger.ZERO, BigInteger::add);
    }

    /// For example `forwards 87, channels 7, chain transactions 20`; `none` when there are none.
    public String inWords() {
        if (items() == 0) {
            return "none";
        }
        return kinds.stream()
                .map(kind -> label(kind.kind()) + " " + Amounts.count(kind.items()))
                .collect(Collectors.joining(", "));
    }

    public static String label(String kind) {
        return switch (kind) {
            case "forward" -> "forwards";
            case "channel" -> "channels";
            case "chain" -> "chain transactions";
            case "day of forwards" -> "days of forwards";
            default -> kind;
        };
    }
}
