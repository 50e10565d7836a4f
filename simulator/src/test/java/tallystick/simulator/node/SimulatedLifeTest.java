package tallystick.simulator.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.proto.lnrpc.ForwardingHistoryRequest;
import tallystick.proto.lnrpc.GetTransactionsRequest;
import tallystick.proto.lnrpc.ListInvoiceRequest;
import tallystick.proto.lnrpc.ListPaymentsRequest;
import tallystick.proto.lnrpc.Payment.PaymentStatus;
import tallystick.simulator.node.Truth.Change;
import tallystick.simulator.node.Truth.Kind;
import tallystick.simulator.server.Rpc;

/// How a simulated node lives.
class SimulatedLifeTest {
    private static final int STEPS = 2000;

    @TempDir Path directory;

    @Test
    void isTheSameForTheSameSeed() throws Exception {
        assertThat(digestOfALife(5)).isEqualTo(digestOfALife(5)).isNotEqualTo(digestOfALife(6));
    }

    private String digestOfALife(long seed) throws Exception {
        Traps all = Traps.of(Trap.values()).without(Trap.RESTARTS).without(Trap.SLOW_START);
        NodePlan plan = NodePlan.of("alice", seed, directory).withTraps(all);
        var digest = MessageDigest.getInstance("SHA-256");
        try (SimulatedNode node = SimulatedNode.withoutPort(plan)) {
            var lists = new Lists(node);
            for (int i = 0; i < STEPS; i++) {
                node.step();
            }
            digest.update(
                    lists.bytes(
                                    Rpc.LIST_INVOICES,
                                    ListInvoiceRequest.newBuilder()
                                            .setNumMaxInvoices(STEPS)
                                            .build()
                                            .toByteString())
                            .toByteArray());
            digest.update(
                    lists.bytes(
                                    Rpc.LIST_PAYMENTS,
                                    ListPaymentsRequest.newBuilder()
                                            .setIncludeIncomplete(true)
                                            .setMaxPayments(STEPS)
                                            .build()
                                            .toByteString())
                            .toByteArray());
            digest.update(
                    lists.bytes(
                                    Rpc.FORWARDING_HISTORY,
                                    ForwardingHistoryRequest.newBuilder()
                                            .setNumMaxEvents(STEPS)
                                            .build()
                                            .toByteString())
                            .toByteArray());
            digest.update(
                    lists.bytes(
                                    Rpc.GET_TRANSACTIONS,
                                    GetTransactionsRequest.newBuilder()
                                            .setEndHeight(-1)
                                            .build()
                                            .toByteString())
                            .toByteArray());
            for (String rpc :
                    List.of(
                            Rpc.GET_INFO,
                            Rpc.LIST_CHANNELS,
                            Rpc.PENDING_CHANNELS,
                            Rpc.CLOSED_CHANNELS,
                            Rpc.CHANNEL_BALANCE,
                            Rpc.WALLET_BALANCE)) {
                digest.update(lists.bytes(rpc, ByteString.EMPTY).toByteArray());
            }
            return HexFormat.of().formatHex(digest.digest()) + Long.toHexString(node.told());
        }
    }

    @Test
    void knowsEveryKindOfHappening() {
        var seen = new HashSet<String>();
        for (long seed = 0; seed < 6; seed++) {
            try (SimulatedNode node =
                    SimulatedNode.withoutPort(NodePlan.of("alice", seed, directory))) {
                for (int i = 0; i < STEPS; i++) {
                    node.step();
                }
                node.settleAll();
                Truth truth = node.truth();
                truth.changes().stream().map(SimulatedLifeTest::outline).forEach(seen::add);
                truth.closedChannels()
                        .values()
                        .forEach(
                                each -> {
                                    seen.add(each.getCloseType().name());
                                    each.getResolutionsList()
                                            .forEach(
                                                    resolved ->
                                                            seen.add(
                                                                    each.getCloseType()
                                                                            + " "
                                                                            + resolved
                                                                                    .getResolutionType()
                                                                            + " "
                                                                            + resolved
                                                                                    .getOutcome()));
                                });
            }
        }

        assertThat(seen)
                .contains(
                        "INVOICE OPEN",
                        "INVOICE ACCEPTED",
                        "INVOICE SETTLED",
                        "INVOICE CANCELED",
                        "INVOICE GROWN",
                        "AMP_SET SETTLED",
                        "PAYMENT SUCCEEDED",
                        "PAYMENT FAILED",
                        "FORWARD SETTLED",
                        "TRANSACTION REPLACED",
                        "CHANNEL FULLY_RESOLVED",
                        "COOPERATIVE_CLOSE",
                        "LOCAL_FORCE_CLOSE COMMIT CLAIMED",
                        "LOCAL_FORCE_CLOSE ANCHOR CLAIMED",
                        "LOCAL_FORCE_CLOSE OUTGOING_HTLC FIRST_STAGE",
                        "LOCAL_FORCE_CLOSE OUTGOING_HTLC TIMEOUT",
                        "LOCAL_FORCE_CLOSE OUTGOING_HTLC CLAIMED",
                        "LOCAL_FORCE_CLOSE INCOMING_HTLC FIRST_STAGE",
                        "LOCAL_FORCE_CLOSE INCOMING_HTLC CLAIMED",
                        "REMOTE_FORCE_CLOSE COMMIT CLAIMED",
                        "REMOTE_FORCE_CLOSE OUTGOING_HTLC TIMEOUT",
                        "REMOTE_FORCE_CLOSE OUTGOING_HTLC CLAIMED",
                        "REMOTE_FORCE_CLOSE INCOMING_HTLC CLAIMED");
    }

    private static String outline(Change change) {
        return change.kind() + " " + change.state().replaceFirst(" .*", "");
    }

    @Test
    void endsEverythingThatCanEnd() {
        try (SimulatedNode node = SimulatedNode.withoutPort(NodePlan.of("alice", 3, directory))) {
            for (int i = 0; i < STEPS; i++) {
                node.step();
            }

            node.settleAll();

            Truth truth = node.truth();
            Set<PaymentStatus> states =
                    truth.payments().values().stream()
                            .map(each -> each.getStatus())
                            .collect(Collectors.toSet());
            assertThat(states)
                    .containsExactlyInAnyOrder(PaymentStatus.SUCCEEDED, PaymentStatus.FAILED);
            assertThat(truth.invoices().values())
                    .noneMatch(each -> each.getStateValue() == 0 || each.getStateValue() == 3);
            assertThat(truth.channels().values())
                    .allMatch(each -> each.getPendingHtlcsCount() == 0);
            assertThat(truth.transactions().values())
                    .allMatch(each -> each.getNumConfirmations() > 0 || each.getAmount() == 0);
            assertThat(new Lists(node).forwards()).hasSameSizeAs(truth.forwards());
        }
    }

    @Test
    void remembersWhatHappened() {
        try (SimulatedNode node = SimulatedNode.withoutPort(NodePlan.of("alice", 3, directory))) {
            String key = node.script().addInvoice("ord-1", 1_000_000);
            node.script().payInvoice(key, 1_000_000, node.script().channels().getFirst());

            assertThat(node.truth().changes())
                    .contains(
                            new Change(node.clock().instant(), Kind.INVOICE, key, "OPEN"),
                            new Change(node.clock().instant(), Kind.INVOICE, key, "SETTLED"));
        }
    }
}
