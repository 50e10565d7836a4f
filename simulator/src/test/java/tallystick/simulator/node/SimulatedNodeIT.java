package tallystick.simulator.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tallystick.proto.lnrpc.ChannelEventSubscription;
import tallystick.proto.lnrpc.ChannelEventUpdate;
import tallystick.proto.lnrpc.ChannelEventUpdate.UpdateType;
import tallystick.proto.lnrpc.GetInfoRequest;
import tallystick.proto.lnrpc.GetInfoResponse;
import tallystick.proto.lnrpc.GetStateRequest;
import tallystick.proto.lnrpc.GetStateResponse;
import tallystick.proto.lnrpc.GetTransactionsRequest;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.InvoiceSubscription;
import tallystick.proto.lnrpc.ListInvoiceRequest;
import tallystick.proto.lnrpc.ListInvoiceResponse;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.Payment.PaymentStatus;
import tallystick.proto.lnrpc.PaymentHash;
import tallystick.proto.lnrpc.SubscribeStateRequest;
import tallystick.proto.lnrpc.SubscribeStateResponse;
import tallystick.proto.lnrpc.WalletState;
import tallystick.proto.routerrpc.TrackPaymentRequest;
import tallystick.proto.routerrpc.TrackPaymentsRequest;
import tallystick.simulator.server.Rpc;

/// The simulated node as its clients see it, over TLS.
@Timeout(120)
class SimulatedNodeIT {
    private static final long MSAT = 1000;

    private static final List<String> STREAMS =
            List.of(
                    Rpc.SUBSCRIBE_INVOICES,
                    Rpc.SUBSCRIBE_CHANNEL_EVENTS,
                    Rpc.SUBSCRIBE_TRANSACTIONS,
                    Rpc.TRACK_PAYMENTS,
                    Rpc.SUBSCRIBE_STATE);

    @TempDir Path directory;
    private SimulatedNode node;
    private Caller caller;

    @BeforeEach
    void start() throws Exception {
        node = SimulatedNode.start(NodePlan.of("alice", 7, directory));
        caller = new Caller(node);
    }

    @AfterEach
    void close() {
        caller.close();
        node.close();
    }

    @Test
    void saysWhoItIs() throws Exception {
        GetInfoResponse info = info();

        assertThat(info.getIdentityPubkey()).isEqualTo(node.pubkey());
        assertThat(info.getAlias()).isEqualTo("alice");
        assertThat(info.getChains(0).getNetwork()).isEqualTo(node.network());
    }

    @Test
    void tellsInvoicesAsTheyComeAndHasSentWhatItTold() throws Exception {
        Caller.Following invoices = followInvoices(0, 0);
        String point = node.script().channels().getFirst();

        String key = node.script().addInvoice("ord-1", 500 * MSAT * 1000);
        node.script().payInvoice(key, 500 * MSAT * 1000, point);

        ByteString added = invoices.next();
        ByteString settled = invoices.next();
        assertThat(Invoice.parseFrom(added).getState()).isEqualTo(Invoice.InvoiceState.OPEN);
        assertThat(Invoice.parseFrom(settled).getSettleIndex()).isEqualTo(1);
        assertThat(node.truth().wasSent(added)).isTrue();
        assertThat(node.truth().wasSent(settled)).isTrue();
        assertThat(node.truth().wasSent(ByteString.copyFromUtf8("never"))).isFalse();
    }

    @Test
    void countsEveryUpdateOfAChannel() throws Exception {
        Caller.Following channels =
                caller.follow(
                                Rpc.SUBSCRIBE_CHANNEL_EVENTS,
                                ChannelEventSubscription.getDefaultInstance())
                        .begun();
        Map<String, Long> before = updates();

        for (int i = 0; i < 200; i++) {
            node.step();
        }
        node.settleAll();

        node.stop();
        var heard = new HashMap<String, Long>(before);
        for (ByteString each : channels.rest()) {
            ChannelEventUpdate event = ChannelEventUpdate.parseFrom(each);
            if (event.getType() == UpdateType.CHANNEL_UPDATE) {
                String point = event.getUpdatedChannel().getChannel().getChannelPoint();
                long number = event.getUpdatedChannel().getChannel().getNumUpdates();
                assertThat(number).isEqualTo(heard.getOrDefault(point, 0L) + 1);
                heard.put(point, number);
            }
        }
        updates()
                .forEach(
                        (point, count) ->
                                assertThat(heard.getOrDefault(point, 0L)).isEqualTo(count));
    }

    private Map<String, Long> updates() {
        var updates = new HashMap<String, Long>();
        node.truth().channels().forEach((point, each) -> updates.put(point, each.getNumUpdates()));
        return updates;
    }

    @Test
    void endsEachStreamInItsOwnWayWhenItStops() throws Exception {
        List<Caller.Following> streams = followAll();

        node.stop();

        var ends = new ArrayList<String>();
        for (Caller.Following stream : streams) {
            Status end = stream.end();
            ends.add(end.getCode() + " " + end.getDescription());
        }
        assertThat(ends)
                .containsExactly(
                        "OK null",
                        "OK null",
                        "OK null",
                        "UNKNOWN routerrpc server shutting down",
                        "UNAVAILABLE connection closed");
        assertUnavailable();
    }

    /// As a real node's recording has it between the marks of its stop.
    @Test
    void endsItsStreamsAsARealNodeDid() throws Exception {
        var recorded = new HashMap<String, Status.Code>();
        boolean isStopping = false;
        for (Recorded line : Recorded.read("restarts", "alice")) {
            if (line.event().equals("mark") && line.text().startsWith("lnd")) {
                isStopping = line.text().equals("lnd stopping");
            } else if (isStopping && line.event().equals("end")) {
                recorded.put(line.rpc(), Status.fromCodeValue(line.code()).getCode());
            }
        }
        List<Caller.Following> streams = followAll();

        node.stop();

        assertThat(recorded).isNotEmpty();
        for (int i = 0; i < streams.size(); i++) {
            Status.Code end = streams.get(i).end().getCode();
            assertThat(recorded.getOrDefault(STREAMS.get(i), end)).isEqualTo(end);
        }
    }

    @Test
    void isGoneAtOnceWhenItIsKilled() throws Exception {
        List<Caller.Following> streams = followAll();

        node.kill();

        for (Caller.Following stream : streams) {
            assertThat(stream.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        }
        assertUnavailable();
    }

    @Test
    void breaksStreamsAndLivesOn() throws Exception {
        List<Caller.Following> streams = followAll();

        node.cutStreams();

        for (Caller.Following stream : streams) {
            assertThat(stream.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        }
        assertThat(info().getIdentityPubkey()).isEqualTo(node.pubkey());
    }

    @Test
    void saysWhyItRefusesWhileItStarts() throws Exception {
        int port = node.port();
        node.traps(Traps.of(Trap.SLOW_START));
        node.stop();
        node.startUp(true);
        caller.forgetBackoff();

        Caller.Following states =
                caller.follow(Rpc.SUBSCRIBE_STATE, SubscribeStateRequest.getDefaultInstance())
                        .begun();

        assertThat(node.port()).isEqualTo(port);
        assertThat(state(states)).isEqualTo(WalletState.LOCKED);
        assertRefused("wallet locked, unlock it to enable full RPC access");
        node.unlock();
        assertThat(state(states)).isEqualTo(WalletState.UNLOCKED);
        assertRefused(
                "the RPC server is in the process of starting up, but not yet ready to accept"
                        + " calls");
        node.step();
        assertThat(state(states)).isEqualTo(WalletState.RPC_ACTIVE);
        assertThat(info().getNumActiveChannels()).isZero();
        node.step();
        assertThat(state(states)).isEqualTo(WalletState.SERVER_ACTIVE);
        node.step();
        assertThat(info().getNumActiveChannels()).isEqualTo(6);
        assertThat(
                        GetStateResponse.parseFrom(
                                        caller.call(
                                                Rpc.GET_STATE,
                                                GetStateRequest.getDefaultInstance()))
                                .getState())
                .isEqualTo(WalletState.SERVER_ACTIVE);
    }

    @Test
    void tellsAfterItsStartWhatEndedMeanwhile() throws Exception {
        String point = node.script().channels().getFirst();
        String hash = node.script().beginPayment(400_000, 0, point);
        node.kill();
        node.endPaymentMeanwhile(hash, true);
        node.startUp(false);
        caller.forgetBackoff();
        Caller.Following payments =
                caller.follow(Rpc.TRACK_PAYMENTS, TrackPaymentsRequest.getDefaultInstance())
                        .begun();
        Caller.Following one =
                caller.follow(
                                Rpc.TRACK_PAYMENT_V2,
                                TrackPaymentRequest.newBuilder()
                                        .setPaymentHash(Bytes.fromHex(hash))
                                        .build())
                        .begun();

        node.step();

        assertThat(Payment.parseFrom(payments.next()).getStatus())
                .isEqualTo(PaymentStatus.IN_FLIGHT);
        assertThat(Payment.parseFrom(payments.next()).getStatus())
                .isEqualTo(PaymentStatus.SUCCEEDED);
        assertThat(Payment.parseFrom(one.next()).getStatus()).isEqualTo(PaymentStatus.IN_FLIGHT);
        assertThat(Payment.parseFrom(one.next()).getStatus()).isEqualTo(PaymentStatus.SUCCEEDED);
        assertThat(one.end().getCode()).isEqualTo(Status.Code.OK);
        String next = node.script().pay(400_000, 0, point);
        assertThat(node.truth().payments())
                .hasEntrySatisfying(
                        next, each -> assertThat(each.getPaymentIndex()).isEqualTo(1001));
    }

    @Test
    void missesAnEventButTellsItInTheBacklog() throws Exception {
        Caller.Following invoices = followInvoices(0, 0);
        node.script().addInvoice("1", MSAT);
        node.traps(Traps.none().with(Trap.MISSED_DISPATCH, 100));
        node.script().addInvoice("2", MSAT);
        node.traps(Traps.none());
        node.script().addInvoice("3", MSAT);

        assertThat(Invoice.parseFrom(invoices.next()).getMemo()).isEqualTo("1");
        assertThat(Invoice.parseFrom(invoices.next()).getMemo()).isEqualTo("3");
        assertThat(Invoice.parseFrom(followInvoices(1, 0).next()).getMemo()).isEqualTo("2");
    }

    @Test
    void isMutedByACursorThatIsTooHigh() throws Exception {
        Caller.Following invoices = followInvoices(2, 2);
        for (String memo : List.of("1", "2", "3")) {
            node.script().addInvoice(memo, MSAT);
        }

        assertThat(Invoice.parseFrom(invoices.next()).getMemo()).isEqualTo("3");
    }

    @Test
    void tellsAnEndTwice() throws Exception {
        Caller.Following payments =
                caller.follow(
                                Rpc.TRACK_PAYMENTS,
                                TrackPaymentsRequest.newBuilder()
                                        .setNoInflightUpdates(true)
                                        .build())
                        .begun();
        node.traps(Traps.none().with(Trap.TERMINAL_TWICE, 100));

        node.script().failPaymentWithoutRoute(MSAT);

        ByteString first = payments.next();
        assertThat(Payment.parseFrom(first).getStatus()).isEqualTo(PaymentStatus.FAILED);
        assertThat(payments.next()).isEqualTo(first);
    }

    @Test
    void restartsByItselfAndGoesOnLiving() {
        node.traps(
                Traps.none()
                        .with(Trap.RESTARTS, 30)
                        .with(Trap.WALLET_LOCKED)
                        .with(Trap.SLOW_START));
        for (int i = 0; i < 60; i++) {
            node.step();
        }
        node.traps(Traps.none());

        node.settleAll();

        assertThat(node.truth().changes())
                .extracting(Truth.Change::state)
                .contains("LOCKED", "UNLOCKED", "RPC_ACTIVE", "SERVER_ACTIVE");
        assertThat(node.state()).isEqualTo(WalletState.SERVER_ACTIVE);
    }

    @Test
    void sendsALongBacklogOnlyAsFastAsItIsTaken() throws Exception {
        node.fill(30_000, 0);
        Caller.Following invoices = followInvoices(1, 0);

        List<ByteString> heard = invoices.next(29_999);

        assertThat(Invoice.parseFrom(heard.getFirst()).getAddIndex()).isEqualTo(2);
        assertThat(Invoice.parseFrom(heard.getLast()).getAddIndex()).isEqualTo(30_000);
        assertThat(node.truth().wasSent(heard.get(12_345))).isTrue();
    }

    @Test
    void canBeSlowOrSilentWithLists() {
        node.traps(Traps.none().with(Trap.SLOW_LISTS, 20));
        assertThat(caller.call(Rpc.LIST_INVOICES, ListInvoiceRequest.getDefaultInstance()))
                .isEqualTo(ByteString.EMPTY);

        node.traps(Traps.of(Trap.SILENT_LISTS));
        Caller.Following list =
                caller.follow(Rpc.LIST_INVOICES, ListInvoiceRequest.getDefaultInstance());
        assertThat(caller.call(Rpc.GET_INFO, GetInfoRequest.getDefaultInstance()).isEmpty())
                .isFalse();
        assertThat(list.isSilent()).isTrue();
        list.cancel();
    }

    @Test
    void hasPagesBeyondFourMebibytes() throws Exception {
        node.traps(Traps.of(Trap.HUGE_MESSAGES));
        for (int i = 0; i < 600; i++) {
            node.step();
        }

        ByteString page =
                caller.call(
                        Rpc.LIST_INVOICES,
                        ListInvoiceRequest.newBuilder().setNumMaxInvoices(100).build());

        assertThat(page.size()).isGreaterThan(4 << 20);
        assertThat(ListInvoiceResponse.parseFrom(page).getInvoicesCount()).isEqualTo(100);
    }

    @Test
    void saysWhatItDoesNotKnow() {
        assertThatThrownBy(
                        () ->
                                caller.call(
                                        "/lnrpc.Lightning/ListPeers",
                                        GetInfoRequest.getDefaultInstance()))
                .hasMessage("UNIMPLEMENTED: unknown method /lnrpc.Lightning/ListPeers");
        assertThatThrownBy(
                        () ->
                                caller.call(
                                        Rpc.LOOKUP_INVOICE,
                                        PaymentHash.newBuilder()
                                                .setRHash(ByteString.copyFrom(new byte[32]))
                                                .build()))
                .hasMessage("NOT_FOUND: unable to locate invoice");
    }

    private List<Caller.Following> followAll() throws Exception {
        return List.of(
                followInvoices(0, 0),
                caller.follow(
                                Rpc.SUBSCRIBE_CHANNEL_EVENTS,
                                ChannelEventSubscription.getDefaultInstance())
                        .begun(),
                caller.follow(
                                Rpc.SUBSCRIBE_TRANSACTIONS,
                                GetTransactionsRequest.getDefaultInstance())
                        .begun(),
                caller.follow(Rpc.TRACK_PAYMENTS, TrackPaymentsRequest.getDefaultInstance())
                        .begun(),
                caller.follow(Rpc.SUBSCRIBE_STATE, SubscribeStateRequest.getDefaultInstance())
                        .begun());
    }

    private Caller.Following followInvoices(long addIndex, long settleIndex) throws Exception {
        return caller.follow(
                        Rpc.SUBSCRIBE_INVOICES,
                        InvoiceSubscription.newBuilder()
                                .setAddIndex(addIndex)
                                .setSettleIndex(settleIndex)
                                .build())
                .begun();
    }

    private GetInfoResponse info() throws Exception {
        return GetInfoResponse.parseFrom(
                caller.call(Rpc.GET_INFO, GetInfoRequest.getDefaultInstance()));
    }

    private static WalletState state(Caller.Following states) throws Exception {
        return SubscribeStateResponse.parseFrom(states.next()).getState();
    }

    private void assertRefused(String text) {
        assertThatThrownBy(this::info).hasMessage("UNKNOWN: " + text);
    }

    private void assertUnavailable() {
        assertThatThrownBy(this::info).hasMessageStartingWith("UNAVAILABLE");
    }
}
