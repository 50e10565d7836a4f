package tallystick.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.Payment.Attempt;
import tallystick.ledger.item.PaymentState;
import tallystick.ledger.refund.NodeChain;
import tallystick.ledger.refund.PaymentReading;
import tallystick.report.terminal.TerminalStyle;

class PaymentPageTest {
    private static final String HASH = "5e".repeat(32);
    private static final long KNOWN = 7;
    private static final long UNKNOWN = -1;

    private static PaymentReading reading(
            String node, String alias, PaymentState state, Attempt... attempts) {
        SortedMap<Long, Attempt> byId = new TreeMap<>();
        for (Attempt attempt : attempts) {
            byId.put((long) byId.size() + 1, attempt);
        }
        Payment payment =
                new Payment(
                        state,
                        Readings.AS_OF,
                        Msat.of(1_000_000),
                        Msat.ZERO,
                        Optional.empty(),
                        byId);
        return new PaymentReading(
                new NodeId(node),
                alias,
                payment,
                Optional.of(Readings.AS_OF),
                new NodeChain(587, Optional.of(Readings.AS_OF), Map.of(), Map.of()),
                Map.of(KNOWN, "ab".repeat(32) + ":1"));
    }

    private static Attempt attempt(HtlcState state, long chanId) {
        return new Attempt(
                state,
                chanId,
                Msat.of(1_000_321),
                Msat.of(321),
                Readings.AS_OF,
                Optional.empty(),
                612);
    }

    private static final List<PaymentReading> READINGS =
            List.of(
                    reading(
                            Readings.ALICE,
                            "alice",
                            PaymentState.IN_FLIGHT,
                            attempt(HtlcState.IN_FLIGHT, KNOWN),
                            attempt(HtlcState.IN_FLIGHT, UNKNOWN)),
                    reading(Readings.BOB, "", PaymentState.FAILED));

    private static String page(int width) {
        return new PaymentPage(new TerminalStyle(width, false)).render(HASH, READINGS);
    }

    @Test
    void looksAsBefore() throws IOException {
        Golden.assertEqual("payment.txt", page(100));
        Golden.assertEqual("payment.json", new PaymentJson().render(HASH, READINGS));
    }

    @Test
    void fitsEveryWidth() {
        for (int width = TerminalStyle.WIDTH_MIN; width <= TerminalStyle.WIDTH_MAX; width++) {
            int columns = width;
            assertThat(page(width).lines()).allMatch(line -> line.length() <= columns);
        }
    }

    @Test
    void isSafeOnlyAtAllNodes() {
        List<PaymentReading> failed = List.of(READINGS.getLast());

        assertThat(new PaymentPage(TerminalStyle.PLAIN).render(HASH, failed))
                .contains("Safe to refund:");
        assertThat(page(100)).contains("Not safe to refund: not at each of the 2 nodes.");
        assertThat(new PaymentJson().render(HASH, READINGS)).contains("\"safe_to_refund\": false");
        assertThat(new PaymentJson().render(HASH, failed)).contains("\"safe_to_refund\": true");
    }
}
