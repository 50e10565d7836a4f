package tallystick.reconcile;

import static java.util.Objects.requireNonNull;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import tallystick.kafka.Topic;
import tallystick.proto.v1.BalanceRecord;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.ChainInput;
import tallystick.proto.v1.ChainOutput;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.ChannelBalance;
import tallystick.proto.v1.ChannelRecord;
import tallystick.proto.v1.ChannelResolution;
import tallystick.proto.v1.ChannelState;
import tallystick.proto.v1.EntryKind;
import tallystick.proto.v1.Envelope;
import tallystick.proto.v1.ForwardRecord;
import tallystick.proto.v1.HtlcState;
import tallystick.proto.v1.Initiator;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.PaymentAttempt;
import tallystick.proto.v1.PaymentRecord;
import tallystick.proto.v1.PaymentState;
import tallystick.proto.v1.ReceiptHtlc;
import tallystick.proto.v1.ReceiptState;

/// One node's channels and wallet, made up from a seed: channels open, are used and end in every way that lnd knows, the chain
/// reorganises, transactions are replaced. Says what the node and the books tell of it, and what is true in the end. What is told
/// of it, and where, is as docs/lnd.md has it of real nodes.
final class ChainWorld {
    private static final int ACTIONS = 40;
    private static final int MINUTES_PER_BLOCK = 2;
    private static final int FIRST_HEIGHT = 100;

    /// Less is in the wallet and never spent: it would not pay for what spends it.
    private static final long SPENDABLE_SAT = 20_000;

    /// Which the opener never goes below, to pay for the commitment.
    private static final long KEPT_MSAT = 3_000_000;

    private static final long ANCHORS_SAT = 660;

    private final Random random;
    private final List<Fact> facts = new ArrayList<>();
    private final SortedMap<String, Long> coins = new TreeMap<>();
    private final List<Chan> open = new ArrayList<>();
    private final List<Output> toSweep = new ArrayList<>();
    private final SortedSet<String> mismatches = new TreeSet<>();
    private final Map<String, Chan> all = new LinkedHashMap<>();
    private final List<Told> readings = new ArrayList<>();
    private long walletSat;

    /// What the wallet counts besides: the outputs of a transaction that is being replaced.
    private long ghostSat;

    /// And what that transaction spends of it.
    private long ghostInSat;

    /// The inputs of a funding transaction that is not confirmed: the wallet lists them as locked, too.
    private long fundingSat;

    /// False while the node holds what it has not told of yet.
    private boolean isTold = true;

    private int minute = 1;
    private int number;

    /// A channel.
    private static final class Chan {
        final String point;
        final long scid;
        final long capacitySat;
        final boolean weOpened;
        final long pushSat;
        long claimMsat;
        long returnedSat;
        int outputsLeft;
        long updates;
        boolean isEnded;
        String closingTxid = "";
        String closeType = "";
        final List<ChannelResolution> resolutions = new ArrayList<>();

        Chan(String point, long scid, long capacitySat, boolean weOpened, long pushSat) {
            this.point = point;
            this.scid = scid;
            this.capacitySat = capacitySat;
            this.weOpened = weOpened;
            this.pushSat = pushSat;
            this.claimMsat = (weOpened ? capacitySat - pushSat : pushSat) * 1_000;
        }

        void move(long msat) {
            claimMsat += msat;
            updates += 2;
        }

        /// What the peer can send at most; what the opener keeps for the fee cannot be sent.
        long roomMsat() {
            return capacitySat * 1_000 - claimMsat - (weOpened ? 0 : KEPT_MSAT);
        }

        long spendableMsat() {
            return claimMsat - (weOpened ? KEPT_MSAT : 0);
        }
    }

    /// What the node said of its balances, after all facts before the given one.
    ///
    /// @param channels how many it listed
    /// @param walletResidualMsat what its wallet shows less than what was told of it
    /// @param explanation the end of what explains that; empty when there is nothing to explain
    /// @param isWalletClear false while two transactions spend one coin, or a channel is being funded
    record Told(
            int facts,
            Fact balances,
            int minute,
            int channels,
            long walletResidualMsat,
            String explanation,
            boolean isWalletClear) {}

    /// An output of a close that is still to be swept.
    private record Output(Chan channel, String outpoint, long sat, String type, String outcome) {}

    ChainWorld(long seed) {
        random = new Random(seed * 7_919 + 13);
        deposit();
        deposit();
        openByUs();
        for (int i = 0; i < ACTIONS; i++) {
            act();
            tellBalances();
        }
        while (!toSweep.isEmpty()) {
            sweep();
            tellBalances();
        }
    }

    List<Fact> facts() {
        return facts;
    }

    /// What the node said of its balances in the middle of it, each time at a quiet moment.
    List<Told> readings() {
        return readings;
    }

    /// `CODE REFERENCE AMOUNT` of all that must be open in the end.
    SortedSet<String> mismatches() {
        return mismatches;
    }

    /// The minute after which nothing happened.
    int end() {
        return minute + 30;
    }

    int heightAt(int when) {
        return FIRST_HEIGHT + when / MINUTES_PER_BLOCK;
    }

    /// By account, in msat: what each must hold in the end; accounts that hold nothing are left out.
    SortedMap<String, Long> balances() {
        SortedMap<String, Long> result = new TreeMap<>();
        String node = "node:" + NODE_A + ":";
        all.values()
                .forEach(
                        one -> {
                            if (!one.isEnded && one.claimMsat != 0) {
                                result.put(node + "channel:" + one.point, one.claimMsat);
                            }
                        });
        result.put(node + "wallet", walletSat * 1_000);
        return result;
    }

    private void act() {
        switch (random.nextInt(16)) {
            case 0 -> deposit();
            case 1 -> send();
            case 2 -> openByUs();
            case 3 -> openByPeer();
            case 4, 5 -> closeTogether();
            case 6, 7 -> closeByForce();
            case 8, 9 -> sweep();
            case 10 -> replacedSend();
            case 11 -> openThatFails();
            default -> use();
        }
    }

    // --- the wallet

    private void deposit() {
        long sat = 500_000L + random.nextInt(3_000_000);
        Tx tx = new Tx("").foreign(fresh() + ":0").gives(sat);
        tx.tell();
        confirm(tx);
        if (isBooked()) {
            book(EntryKind.ENTRY_KIND_CHAIN_RECEIPT, "tx:" + tx.txid, sat * 1_000);
        } else {
            mismatches.add("ONCHAIN_TX_NOT_BOOKED tx:%s %d".formatted(tx.txid, sat * 1_000));
        }
    }

    private void send() {
        if (coins.isEmpty()) {
            return;
        }
        Tx tx = new Tx("external").own(coins.firstKey());
        long fee = 150L + random.nextInt(500);
        long paid = tx.in / 3;
        tx.gives(tx.in - paid - fee).other(paid);
        tx.tell();
        confirm(tx);
        bookSend(tx, paid, fee);
    }

    private void bookSend(Tx tx, long paid, long fee) {
        if (isBooked()) {
            book(EntryKind.ENTRY_KIND_CHAIN_PAYMENT, "tx:" + tx.txid, paid * 1_000);
            book(EntryKind.ENTRY_KIND_CHAIN_FEE, "tx:" + tx.txid, fee * 1_000);
        } else {
            mismatches.add(
                    "ONCHAIN_TX_NOT_BOOKED tx:%s %d".formatted(tx.txid, (paid + fee) * 1_000));
        }
    }

    /// A send whose fee is raised: the first is told of, and sometimes booked, and never confirms.
    private void replacedSend() {
        if (coins.isEmpty()) {
            return;
        }
        String coin = coins.firstKey();
        long in = requireNonNull(coins.get(coin));
        Tx first = new Tx("external").own(coin);
        long paid = in / 4;
        first.gives(in - paid - 100).other(paid);
        first.tell();
        first.giveWay();
        Tx second = new Tx("external").own(coin);
        second.gives(in - paid - 900).other(paid);
        second.tell();
        confirm(second);
        first.gone();
        if (random.nextBoolean()) {
            book(EntryKind.ENTRY_KIND_CHAIN_PAYMENT, "tx:" + first.txid, paid * 1_000);
            book(EntryKind.ENTRY_KIND_CHAIN_FEE, "tx:" + first.txid, 100_000);
            mismatches.add("REPLACED tx:%s %d".formatted(first.txid, (paid + 100) * 1_000));
            if (random.nextBoolean()) {
                book(EntryKind.ENTRY_KIND_CHAIN_PAYMENT, "tx:" + second.txid, paid * 1_000);
                book(EntryKind.ENTRY_KIND_CHAIN_FEE, "tx:" + second.txid, 900_000);
            }
        } else {
            bookSend(second, paid, 900);
        }
    }

    // --- openings

    private void openByUs() {
        if (coins.isEmpty()) {
            return;
        }
        Tx tx = new Tx("0:openchannel:shortchanid-1").own(coins.firstKey());
        int count = 1 + random.nextInt(2);
        long each = tx.in / (count + 1);
        long fee = 300L + random.nextInt(400);
        List<Chan> opened = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long push =
                    random.nextInt(3) == 0
                            ? Math.min(1_000L + random.nextInt(20_000), each / 2)
                            : 0;
            opened.add(new Chan(tx.txid + ":" + (i + 1), scid(), each, true, push));
            tell(opened.getLast(), ChannelState.CHANNEL_STATE_PENDING_OPEN);
        }
        tx.gives(tx.in - each * count - fee);
        opened.forEach(one -> tx.other(one.capacitySat));
        tx.tell();
        fundingSat = tx.in;
        confirm(tx);
        fundingSat = 0;
        for (Chan channel : opened) {
            begin(channel);
            String reference = "channel:" + channel.point;
            if (isBooked()) {
                book(EntryKind.ENTRY_KIND_CHANNEL_OPEN, reference, each * 1_000);
            } else {
                mismatches.add("OPEN_UNBOOKED %s %d".formatted(reference, each * 1_000));
            }
            if (channel.pushSat > 0) {
                book(EntryKind.ENTRY_KIND_PAYMENT, reference, channel.pushSat * 1_000);
            }
        }
        if (isBooked()) {
            book(EntryKind.ENTRY_KIND_CHAIN_FEE, "tx:" + tx.txid, fee * 1_000);
        } else {
            mismatches.add("ONCHAIN_TX_NOT_BOOKED tx:%s %d".formatted(tx.txid, fee * 1_000));
        }
    }

    private void openByPeer() {
        long push = random.nextBoolean() ? 5_000L + random.nextInt(90_000) : 0;
        Chan channel =
                new Chan(fresh() + ":0", scid(), 400_000L + random.nextInt(900_000), false, push);
        begin(channel);
        if (push > 0) {
            book(EntryKind.ENTRY_KIND_RECEIPT, "channel:" + channel.point, push * 1_000);
        }
    }

    private void openThatFails() {
        if (coins.isEmpty()) {
            return;
        }
        Tx tx = new Tx("").own(coins.firstKey());
        Chan channel = new Chan(tx.txid + ":0", scid(), tx.in / 2, true, 0);
        tell(channel, ChannelState.CHANNEL_STATE_PENDING_OPEN);
        tx.gives(tx.in - tx.in / 2 - 200).other(tx.in / 2);
        tx.tell();
        tx.takeBack();
        tx.gone();
        tell(channel, ChannelState.CHANNEL_STATE_OPEN_FAILED);
        if (random.nextInt(3) == 0) {
            long msat = channel.capacitySat * 1_000;
            book(EntryKind.ENTRY_KIND_CHANNEL_OPEN, "channel:" + channel.point, msat);
            mismatches.add("OPEN_FAILED channel:%s %d".formatted(channel.point, msat));
        }
    }

    private void begin(Chan channel) {
        tell(channel, ChannelState.CHANNEL_STATE_OPEN);
        open.add(channel);
        all.put(channel.point, channel);
    }

    // --- use

    private void use() {
        if (open.isEmpty()) {
            return;
        }
        Chan one = open.get(random.nextInt(open.size()));
        Chan other = open.get(random.nextInt(open.size()));
        long msat = 1_000L + random.nextInt(9_000_000);
        switch (random.nextInt(3)) {
            case 0 -> receive(one, msat);
            case 1 -> pay(one, msat, PaymentState.PAYMENT_STATE_SUCCEEDED);
            default -> forward(one, other, msat);
        }
    }

    private void receive(Chan channel, long wanted) {
        long msat = Math.min(wanted, channel.roomMsat());
        if (msat < 1_000) {
            return;
        }
        int hash = ++number;
        facts.add(
                new Fact(
                        Topic.INVOICES,
                        Fact.hash(hash),
                        InvoiceRecord.newBuilder()
                                .setEnvelope(envelope())
                                .setPaymentHash(
                                        com.google.protobuf.ByteString.fromHex(Fact.hash(hash)))
                                .setState(ReceiptState.RECEIPT_STATE_SETTLED)
                                .setRequestedMsat(msat)
                                .setReceivedMsat(msat)
                                .setCreatedAt(at(minute).getEpochSecond())
                                .setSettledAt(at(minute).getEpochSecond())
                                .setExpirySeconds(86_400)
                                .addHtlcs(
                                        ReceiptHtlc.newBuilder()
                                                .setChanId(channel.scid)
                                                .setHtlcIndex(hash)
                                                .setAmountMsat(msat)
                                                .setTotalMsat(msat)
                                                .setState(HtlcState.HTLC_STATE_SETTLED)
                                                .setAcceptedAt(at(minute).getEpochSecond())
                                                .setResolvedAt(at(minute).getEpochSecond()))
                                .build()
                                .toByteArray()));
        channel.move(msat);
        book(EntryKind.ENTRY_KIND_RECEIPT, "payment_hash:" + Fact.hash(hash), msat);
        minute++;
    }

    private void pay(Chan channel, long wanted, PaymentState state) {
        long msat = Math.min(wanted, channel.spendableMsat() / 2);
        if (msat < 2_000) {
            return;
        }
        boolean isDone = state == PaymentState.PAYMENT_STATE_SUCCEEDED;
        long fee = isDone ? random.nextInt(900) : 0;
        int hash = ++number;
        facts.add(
                new Fact(
                        Topic.PAYMENTS,
                        Fact.hash(hash),
                        PaymentRecord.newBuilder()
                                .setEnvelope(envelope())
                                .setPaymentHash(
                                        com.google.protobuf.ByteString.fromHex(Fact.hash(hash)))
                                .setState(state)
                                .setAmountMsat(msat)
                                .setFeeMsat(fee)
                                .setCreatedAtNs(Times.nanos(at(minute)))
                                .setResolvedAtNs(Times.nanos(at(minute)))
                                .addAttempts(
                                        PaymentAttempt.newBuilder()
                                                .setAttemptId(hash)
                                                .setChanId(channel.scid)
                                                .setTotalMsat(msat + fee)
                                                .setFeeMsat(fee)
                                                .setSentAtNs(Times.nanos(at(minute)))
                                                .setResolvedAtNs(Times.nanos(at(minute)))
                                                .setState(
                                                        isDone
                                                                ? HtlcState.HTLC_STATE_SETTLED
                                                                : HtlcState.HTLC_STATE_FAILED))
                                .build()
                                .toByteArray()));
        if (isDone) {
            channel.move(-msat - fee);
            book(EntryKind.ENTRY_KIND_PAYMENT, "payment_hash:" + Fact.hash(hash), msat);
            if (fee > 0) {
                book(EntryKind.ENTRY_KIND_ROUTING_FEE, "payment_hash:" + Fact.hash(hash), fee);
            }
        }
        minute++;
    }

    private void forward(Chan in, Chan out, long wanted) {
        long fee = random.nextInt(700);
        long msat = Math.min(Math.min(wanted, out.spendableMsat() / 2), in.roomMsat() - fee);
        if (msat < 2_000 || in == out) {
            return;
        }
        int htlc = ++number;
        String reference = "forward:%s:%d".formatted(Long.toUnsignedString(in.scid), htlc);
        facts.add(
                new Fact(
                        Topic.FORWARDS,
                        NODE_A + "/" + reference,
                        ForwardRecord.newBuilder()
                                .setEnvelope(envelope())
                                .setChanIdIn(in.scid)
                                .setChanIdOut(out.scid)
                                .setHtlcIdIn(htlc)
                                .setHasHtlcId(true)
                                .setAmountInMsat(msat + fee)
                                .setAmountOutMsat(msat)
                                .setSettledAtNs(Times.nanos(at(minute)))
                                .build()
                                .toByteArray()));
        in.move(msat + fee);
        out.move(-msat);
        if (fee > 0) {
            book(EntryKind.ENTRY_KIND_ROUTING_INCOME, reference, fee);
        }
        minute++;
    }

    // --- ends

    private Chan take() {
        Chan channel = open.remove(random.nextInt(open.size()));
        channel.isEnded = true;
        return channel;
    }

    private void closeTogether() {
        if (open.isEmpty()) {
            return;
        }
        Chan channel = take();
        Tx tx = new Tx("0:closechannel:shortchanid-1").foreign(channel.point);
        long fee = channel.weOpened ? 200L + random.nextInt(600) : 0;
        long back = Math.max(0, channel.claimMsat / 1_000 - fee);
        if (back > 354) {
            tx.gives(back);
        } else {
            back = 0;
        }
        tx.other(7_000);
        channel.closingTxid = tx.txid;
        channel.closeType = "COOPERATIVE_CLOSE";
        if (back == 0) {
            tell(channel, ChannelState.CHANNEL_STATE_CLOSING);
            tell(channel, ChannelState.CHANNEL_STATE_CLOSED);
            booked(channel);
            return;
        }
        boolean isListFirst = random.nextBoolean();
        if (isListFirst) {
            tell(channel, ChannelState.CHANNEL_STATE_CLOSING);
        }
        tx.tell();
        if (!isListFirst) {
            tell(channel, ChannelState.CHANNEL_STATE_CLOSING);
        }
        confirm(tx);
        channel.returnedSat += back;
        tell(channel, ChannelState.CHANNEL_STATE_CLOSED);
        booked(channel);
    }

    private void closeByForce() {
        if (open.isEmpty()) {
            return;
        }
        Chan channel = take();
        if (channel.weOpened && channel.claimMsat < KEPT_MSAT) {
            // Not enough for the fees of a commitment: the peer would not have let it come to this.
            channel.isEnded = false;
            open.add(channel);
            return;
        }
        boolean isLocal = random.nextBoolean();
        Tx commitment =
                new Tx(isLocal ? "0:closechannel:shortchanid-1" : "").foreign(channel.point);
        channel.closingTxid = commitment.txid;
        channel.closeType = isLocal ? "LOCAL_FORCE_CLOSE" : "REMOTE_FORCE_CLOSE";
        long left = Math.max(0, channel.claimMsat / 1_000 - (channel.weOpened ? 1_500 : 0));
        if (left > 20_000 && random.nextBoolean()) {
            // An outgoing HTLC that times out: it was part of the claim all along.
            long htlc = 5_000L + random.nextInt((int) Math.min(left / 4, 1_000_000));
            left -= htlc;
            toSweep.add(
                    new Output(channel, commitment.txid + ":2", htlc, "OUTGOING_HTLC", "TIMEOUT"));
            channel.outputsLeft++;
            pay(channel, htlc * 1_000, PaymentState.PAYMENT_STATE_FAILED);
        }
        long htlcIn = 5_000L + random.nextInt(200_000);
        if (random.nextInt(3) == 0 && htlcIn < channel.roomMsat() / 1_000) {
            // An incoming HTLC that is claimed on chain.
            receive(channel, htlcIn * 1_000L + random.nextInt(1_000));
            toSweep.add(
                    new Output(
                            channel, commitment.txid + ":3", htlcIn, "INCOMING_HTLC", "CLAIMED"));
            channel.outputsLeft++;
        }
        if (left > 354) {
            toSweep.add(new Output(channel, commitment.txid + ":1", left, "COMMIT", "CLAIMED"));
            channel.outputsLeft++;
        }
        if (isLocal) {
            commitment.other(9_000);
            commitment.tell(); // Without change, and never confirmed: the wallet does not see its
            // block.
        }
        tell(channel, ChannelState.CHANNEL_STATE_FORCE_CLOSING);
        if (channel.outputsLeft == 0) {
            tell(channel, ChannelState.CHANNEL_STATE_CLOSED);
            booked(channel);
        }
    }

    /// Some of the outputs that closes left, of one or several channels, by one transaction; it may be replaced first.
    private void sweep() {
        if (toSweep.isEmpty()) {
            return;
        }
        List<Output> swept = new ArrayList<>();
        swept.add(toSweep.remove(random.nextInt(toSweep.size())));
        long fee = 100L + random.nextInt(900);
        if (random.nextInt(4) == 0) {
            Tx first = new Tx("0:sweep").foreign(swept.getFirst().outpoint());
            first.gives(Math.max(1, swept.getFirst().sat() - 50));
            first.tell();
            first.giveWay();
            Tx second = new Tx("0:sweep").foreign(swept.getFirst().outpoint());
            bring(second, swept, fee);
            first.gone();
            return;
        }
        if (swept.getFirst().type().equals("OUTGOING_HTLC") && !coins.isEmpty()) {
            twoStages(swept.getFirst(), fee);
            return;
        }
        if (!toSweep.isEmpty() && random.nextBoolean()) {
            Output more = toSweep.getFirst();
            if (more.channel() == swept.getFirst().channel()) {
                swept.add(toSweep.removeFirst());
            }
        }
        Tx tx = new Tx("0:sweep");
        swept.forEach(one -> tx.foreign(one.outpoint()));
        bring(tx, swept, fee);
    }

    /// The HTLC's own transaction, paid for by the wallet, and then the sweep of what it left.
    private void twoStages(Output output, long fee) {
        String coin = coins.firstKey();
        Tx stage = new Tx("0:sweep").foreign(output.outpoint()).own(coin);
        stage.gives(stage.in - 270);
        stage.other(output.sat());
        stage.tell();
        confirm(stage);
        output.channel().returnedSat -= 270;
        Output second =
                new Output(
                        output.channel(),
                        stage.txid + ":1",
                        output.sat(),
                        output.type(),
                        output.outcome());
        Tx tx = new Tx("0:sweep").foreign(second.outpoint());
        bring(tx, List.of(second), fee);
    }

    private void bring(Tx tx, List<Output> swept, long fee) {
        long sum = swept.stream().mapToLong(Output::sat).sum();
        long got = Math.max(1, sum - fee);
        tx.gives(got);
        tx.tell();
        confirm(tx);
        Chan channel = swept.getFirst().channel();
        channel.returnedSat += got;
        for (Output one : swept) {
            channel.resolutions.add(
                    ChannelResolution.newBuilder()
                            .setType(one.type())
                            .setOutcome(one.outcome())
                            .setOutpoint(one.outpoint())
                            .setAmountSat(one.sat())
                            .setSweepTxid(tx.txid)
                            .build());
            channel.outputsLeft--;
        }
        if (channel.outputsLeft == 0) {
            tell(channel, ChannelState.CHANNEL_STATE_CLOSED);
            booked(channel);
        }
    }

    private void booked(Chan channel) {
        String reference = "channel:" + channel.point;
        long back = Math.max(0, channel.returnedSat * 1_000);
        long cost = channel.claimMsat - channel.returnedSat * 1_000;
        long missing = 0;
        if (back > 0) {
            if (isBooked()) {
                book(EntryKind.ENTRY_KIND_CHANNEL_CLOSE, reference, back);
            } else {
                missing += back;
            }
        }
        if (cost > 0) {
            if (isBooked()) {
                book(EntryKind.ENTRY_KIND_CHAIN_FEE, reference, cost);
            } else {
                missing += cost;
            }
        }
        if (missing > 0) {
            mismatches.add("CLOSE_UNBOOKED %s %d".formatted(reference, missing));
        }
    }

    // --- what is told

    private void tellBalances() {
        if (!isTold || random.nextInt(3) == 0) {
            return;
        }
        minute++;
        boolean isLeased = ghostSat == 0 && walletSat > 1_000 && random.nextInt(8) == 0;
        long leased = isLeased ? 1 + random.nextInt(1_000) : 0;
        BalanceRecord.Builder record =
                BalanceRecord.newBuilder()
                        .setEnvelope(envelope())
                        .setWalletTotalSat(walletSat + ghostSat - leased)
                        .setWalletLockedSat(fundingSat + leased);
        long local = 0;
        for (Chan channel : open) {
            long keptMsat = (ANCHORS_SAT + 300 + random.nextInt(600)) * 1_000;
            long ours = channel.claimMsat - (channel.weOpened ? keptMsat : 0);
            long theirs =
                    channel.capacitySat * 1_000
                            - channel.claimMsat
                            - (channel.weOpened ? 0 : keptMsat);
            local += ours;
            record.addChannels(
                    ChannelBalance.newBuilder()
                            .setChannelPoint(channel.point)
                            .setChanId(channel.scid)
                            .setCapacitySat(channel.capacitySat)
                            .setLocalSat(ours / 1_000)
                            .setRemoteSat(theirs / 1_000)
                            .setWeOpened(channel.weOpened)
                            .setNumUpdates(channel.updates)
                            .setIsQuiet(true));
        }
        record.setChannelsLocalMsat(local);
        String explanation = isLeased ? "leased outputs of %d sat".formatted(leased) : "";
        if (ghostInSat > 0) {
            explanation = "of which one replaces the other, both counted";
        }
        readings.add(
                new Told(
                        facts.size(),
                        new Fact(Topic.BALANCES, NODE_A.pubkey(), record.build().toByteArray()),
                        minute,
                        open.size(),
                        (leased - ghostInSat) * 1_000,
                        explanation,
                        ghostSat == 0 && fundingSat == 0));
        minute++;
    }

    private boolean isBooked() {
        return random.nextInt(8) != 0;
    }

    private void book(EntryKind kind, String reference, long msat) {
        BookEntry.Builder entry =
                Fact.entry("b" + ++number, kind, 0, msat, minute).setReference(reference);
        if (!reference.startsWith("payment_hash:")) {
            entry.setNode(NODE_A.pubkey());
        }
        facts.add(Fact.booked(entry));
    }

    private String fresh() {
        return "%064x".formatted(0xc4a1_0000_0000L + ++number);
    }

    private long scid() {
        return ((long) heightAt(minute) << 40) | ((long) ++number << 16);
    }

    private Envelope envelope() {
        return Envelope.newBuilder()
                .setNode(NODE_A.pubkey())
                .setObservedAtNs(Times.nanos(at(minute)))
                .build();
    }

    private void tell(Chan channel, ChannelState state) {
        minute++;
        boolean isClosed = state == ChannelState.CHANNEL_STATE_CLOSED;
        ChannelRecord.Builder record =
                ChannelRecord.newBuilder()
                        .setEnvelope(envelope())
                        .setChannelPoint(channel.point)
                        .setState(state)
                        .setCapacitySat(channel.capacitySat)
                        .setOpener(
                                channel.weOpened
                                        ? Initiator.INITIATOR_LOCAL
                                        : Initiator.INITIATOR_REMOTE)
                        .setClosingTxid(channel.closingTxid)
                        .setCloseType(isClosed ? channel.closeType : "");
        if (state == ChannelState.CHANNEL_STATE_OPEN) {
            record.setChanId(channel.scid).setPushSat(channel.pushSat).setPushKnown(true);
        }
        if (isClosed) {
            record.setChanId(channel.scid).addAllResolutions(channel.resolutions);
        }
        facts.add(new Fact(Topic.CHANNELS, NODE_A.pubkey(), record.build().toByteArray()));
    }

    /// Into a block; which may be left behind by the chain, and then another, or that one again.
    private void confirm(Tx tx) {
        tellBalances();
        // What was replaced counts no more, which the node says later.
        isTold = ghostSat == 0;
        minute += MINUTES_PER_BLOCK;
        int block = minute;
        tx.tellIn("block-", block);
        if (random.nextInt(6) == 0) {
            minute++;
            tx.tellOut();
            tellBalances();
            minute += MINUTES_PER_BLOCK;
            if (random.nextInt(3) == 0) {
                tx.tellIn("block-", block);
            } else {
                tx.tellIn("other-", minute);
            }
        }
    }

    /// A transaction of the wallet.
    private final class Tx {
        final String txid = fresh();
        private final String label;
        private final ChainRecord.Builder record = ChainRecord.newBuilder();
        private final SortedMap<String, Long> spent = new TreeMap<>();
        private int outputs;
        private long change;
        private boolean wasTold;
        private long outputsOfOurs;
        private long outputsSat;
        long in;

        Tx(String label) {
            this.label = label;
            record.setTxid(txid);
        }

        Tx foreign(String outpoint) {
            record.addInputs(ChainInput.newBuilder().setOutpoint(outpoint));
            return this;
        }

        Tx own(String coin) {
            long sat = requireNonNull(coins.remove(coin));
            spent.put(coin, sat);
            record.addInputs(ChainInput.newBuilder().setOutpoint(coin).setIsOurs(true));
            in += sat;
            change -= sat;
            walletSat -= sat;
            return this;
        }

        Tx gives(long sat) {
            if (sat >= SPENDABLE_SAT) {
                coins.put(txid + ":" + outputs, sat);
            }
            output(sat, true);
            change += sat;
            outputsOfOurs += sat;
            walletSat += sat;
            return this;
        }

        Tx other(long sat) {
            output(sat, false);
            return this;
        }

        private void output(long sat, boolean isOurs) {
            outputsSat += sat;
            record.addOutputs(
                    ChainOutput.newBuilder()
                            .setIndex(outputs++)
                            .setAmountSat(sat)
                            .setIsOurs(isOurs));
        }

        /// It is told of, and will be replaced: until then the wallet counts what comes back by it, too.
        void giveWay() {
            takeBack();
            ghostSat = outputsOfOurs;
            ghostInSat = in;
        }

        /// It will never count: its coins are there again.
        void takeBack() {
            walletSat -= change;
            coins.keySet().removeIf(coin -> coin.startsWith(txid));
            coins.putAll(spent);
        }

        /// In its first message the label is mostly missing.
        void tell() {
            minute++;
            publish(record.clone().setLabel(random.nextBoolean() ? "" : label));
        }

        /// @param block the minute of its block
        void tellIn(String chain, int block) {
            publish(
                    record.clone()
                            .setLabel(label)
                            .setIsConfirmed(true)
                            .setBlockHash(chain + heightAt(block))
                            .setBlockHeight(heightAt(block)),
                    block);
        }

        void tellOut() {
            publish(record.clone().setLabel(label));
        }

        void gone() {
            minute++;
            publish(record.clone().setLabel(label).setIsGone(true));
            ghostSat = 0;
            ghostInSat = 0;
            isTold = true;
        }

        private void publish(ChainRecord.Builder told) {
            publish(told, minute);
        }

        private void publish(ChainRecord.Builder told, int time) {
            facts.add(
                    new Fact(
                            Topic.CHAIN,
                            NODE_A.pubkey(),
                            told.setEnvelope(envelope())
                                    .setChangeSat(change)
                                    .setFeeSat(spent.isEmpty() ? 0 : in - outputsSat)
                                    .setTime(at(time).getEpochSecond())
                                    .setStoodOtherwise(wasTold)
                                    .build()
                                    .toByteArray()));
            wasTold = true;
        }
    }
}
