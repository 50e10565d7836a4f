package tallystick.report.figures;

import java.math.BigDecimal;
import java.math.RoundingMode;

/// Writes shares of a whole in percent, with one decimal.
public final class Shares {
    private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

    private Shares() {}

    /// For example `87.6%`; `nothing` when the whole is zero.
    public static String percent(long part, long whole, String nothing) {
        if (whole == 0) {
            return nothing;
        }
        BigDecimal share =
                BigDecimal.valueOf(part)
                        .multiply(HUNDRED)
                        .divide(BigDecimal.valueOf(whole), 1, RoundingMode.HALF_UP);
        return share.toPlainString() + "%";
    }
}
