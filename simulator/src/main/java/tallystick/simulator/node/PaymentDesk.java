package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tallystick.proto.lnrpc.Failure;
import tallystick.proto.lnrpc.Failure.FailureCode;
import tallystick.proto.lnrpc.HTLCAttempt;
import tallystick.proto.lnrpc.HTLCAttempt.HTLCStatus;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.Payment.PaymentStatus;
import tallystick.proto.lnrpc.PaymentFailureReason;
import tallystick.proto.lnrpc.Route;
import tallystick.simulator.node.SimHtlc.Purpose;

/// The node's payments and their attempts, and how they are told. Belongs to the node's lock.
final class PaymentDesk {
    private static final long BLOCK_OF_INDEXES = 1000;

    /// A payment that is seen later than its index says.
    private record Hidden(SimPayment payment, Runnable rest) {}

    private final World world;
    private final Shelf<SimPayment> shelf = new Shelf<>();
    private final Map<String, SimPayment> byHash = new HashMap<>();
    private final Map<String, ByteString> preimages = new HashMap<>();
    private final Map<Long, SimPayment> underWay = new LinkedHashMap<>();
    private final List<SimPayment> failed = new ArrayList<>();
    private final List<FilledPayments> fillings = new ArrayList<>();
    private final List<Hidden> hidden = new ArrayList<>();
    private long lastIndex;
    private long lastAttempt;

    PaymentDesk(World world) {
        this.world = world;
    }

    Shelf<SimPayment> shelf() {
        return shelf;
    }

    long lastIndex() {
        return lastIndex;
    }

    long lastAttempt() {
        return lastAttempt;
    }

    /// In the order in which they began, which is not that of their indexes.
    Collection<SimPayment> underWay() {
        return underWay.values();
    }

    /// Those whose hash can be tried again.
    List<SimPayment> failed() {
        return failed;
    }

    Optional<SimPayment> byHash(String hash) {
        SimPayment known = byHash.get(hash);
        return known != null
                ? Optional.of(known)
                : fillings.stream()
                        .map(each -> each.find(hash))
                        .flatMap(Optional::stream)
                        .findFirst();
    }

    /// The next index is reserved in blocks, of which the rest is lost at each start.
    void started() {
        lastIndex = (lastIndex / BLOCK_OF_INDEXES + 1) * BLOCK_OF_INDEXES;
    }

    void fill(FilledPayments filling) {
        shelf.put(filling);
        fillings.add(filling);
        lastIndex += filling.size();
        lastAttempt += filling.size();
    }

    // --- life

    /// @param preimage empty when nobody knows it yet
    SimPayment begin(String hash, ByteString preimage, String request, long msat) {
        SimPayment payment = reserve(hash, preimage, request, msat);
        show(payment);
        return payment;
    }

    /// Takes the next index for a payment that nobody can see yet. It is seen, and goes on, when it is shown.
    void beginHidden(SimPayment payment, Runnable rest) {
        hidden.add(new Hidden(payment, rest));
    }

    SimPayment reserve(String hash, ByteString preimage, String request, long msat) {
        var payment = new SimPayment(hash, request, msat, world.nodeNanos());
        payment.index = ++lastIndex;
        preimages.put(hash, preimage);
        return payment;
    }

    void showHidden() {
        if (!hidden.isEmpty()) {
            Hidden first = hidden.removeFirst();
            show(first.payment());
            first.rest().run();
        }
    }

    boolean hasHidden() {
        return !hidden.isEmpty();
    }

    private void show(SimPayment payment) {
        SimPayment before = byHash.put(payment.hash, payment);
        if (before != null) {
            // What failed before is gone from the database when its hash is tried again.
            shelf.remove(before.index);
            failed.remove(before);
            world.facts.deletedPayments.add(message(before));
        }
        shelf.put(
                payment.index,
                payment,
                index -> {
                    payment.index = index;
                    return payment;
                });
        underWay.put(payment.index, payment);
        tell(payment);
        world.changed(Truth.Kind.PAYMENT, payment.hash, payment.status.name());
    }

    SimHtlc attempt(SimPayment payment, SimChannel channel, ByteString htlcHash, Route route) {
        long id = ++lastAttempt;
        payment.attempts.add(
                HTLCAttempt.newBuilder()
                        .setStatus(HTLCStatus.IN_FLIGHT)
                        .setRoute(route)
                        .setAttemptTimeNs(world.nodeNanos())
                        .setAttemptId(id)
                        .build());
        SimHtlc htlc =
                world.channels.addOutgoing(
                        channel, route.getTotalAmtMsat(), htlcHash, new Purpose.Send(payment, id));
        tell(payment);
        world.channels.updated(channel);
        return htlc;
    }

    /// An attempt that never gets onto a channel of ours: it fails further on.
    void failedAttempt(SimPayment payment, Route route) {
        payment.attempts.add(
                HTLCAttempt.newBuilder()
                        .setStatus(HTLCStatus.FAILED)
                        .setRoute(route)
                        .setAttemptTimeNs(world.nodeNanos())
                        .setResolveTimeNs(world.nodeNanos())
                        .setFailure(
                                Failure.newBuilder()
                                        .setCode(FailureCode.TEMPORARY_CHANNEL_FAILURE)
                                        .setFailureSourceIndex(route.getHopsCount() - 1))
                        .setAttemptId(++lastAttempt)
                        .build());
    }

    /// A part failed on its way, though the payment may still succeed.
    void attemptFailedOnTheWay(SimPayment payment, long attemptId) {
        end(payment, attemptId, false, FailureCode.TEMPORARY_CHANNEL_FAILURE);
        tell(payment);
    }

    /// The receiver, or the chain, has decided.
    void attemptEnded(SimPayment payment, long attemptId, boolean isSettled) {
        if (!isSettled && payment.reason == PaymentFailureReason.FAILURE_REASON_NONE_VALUE) {
            payment.reason = PaymentFailureReason.FAILURE_REASON_INCORRECT_PAYMENT_DETAILS_VALUE;
            tell(payment);
        }
        end(payment, attemptId, isSettled, FailureCode.INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS);
        boolean isUnderWay =
                payment.attempts.stream()
                        .anyMatch(each -> each.getStatus() == HTLCStatus.IN_FLIGHT);
        if (isUnderWay) {
            tell(payment);
        } else {
            boolean isSucceeded =
                    payment.attempts.stream()
                            .anyMatch(each -> each.getStatus() == HTLCStatus.SUCCEEDED);
            finish(payment, isSucceeded ? PaymentStatus.SUCCEEDED : PaymentStatus.FAILED);
        }
    }

    Route route(SimPayment payment, long attemptId) {
        return payment.attempts.stream()
                .filter(each -> each.getAttemptId() == attemptId)
                .findFirst()
                .orElseThrow()
                .getRoute();
    }

    private void end(SimPayment payment, long attemptId, boolean isSettled, FailureCode code) {
        for (int i = 0; i < payment.attempts.size(); i++) {
            HTLCAttempt attempt = payment.attempts.get(i);
            if (attempt.getAttemptId() == attemptId) {
                HTLCAttempt.Builder ended = attempt.toBuilder().setResolveTimeNs(world.nodeNanos());
                if (isSettled) {
                    ended.setStatus(HTLCStatus.SUCCEEDED).setPreimage(preimage(payment));
                } else {
                    ended.setStatus(HTLCStatus.FAILED)
                            .setFailure(
                                    Failure.newBuilder()
                                            .setCode(code)
                                            .setFailureSourceIndex(
                                                    attempt.getRoute().getHopsCount()));
                }
                payment.attempts.set(i, ended.build());
            }
        }
    }

    private ByteString preimage(SimPayment payment) {
        return preimages.getOrDefault(payment.hash, ByteString.EMPTY);
    }

    void fail(SimPayment payment, PaymentFailureReason reason) {
        payment.reason = reason.getNumber();
        finish(payment, PaymentStatus.FAILED);
    }

    private void finish(SimPayment payment, PaymentStatus status) {
        payment.status = status;
        underWay.remove(payment.index);
        if (status == PaymentStatus.FAILED) {
            failed.add(payment);
            if (world.springs(Trap.UNKNOWN_ENUMS)) {
                payment.reason = Unknown.ENUM;
            }
        } else {
            preimages.remove(payment.hash);
            if (world.has(Trap.FORGOTTEN_ATTEMPTS)) {
                payment.attempts.removeIf(each -> each.getStatus() == HTLCStatus.FAILED);
            }
        }
        tell(payment);
        if (world.springs(Trap.TERMINAL_TWICE)) {
            tell(payment);
        }
        world.changed(Truth.Kind.PAYMENT, payment.hash, status.name());
    }

    // --- telling

    Payment message(SimPayment payment) {
        return payment.message(world.withUnknownField());
    }

    private void tell(SimPayment payment) {
        world.feeds.payment(message(payment), payment.isOver());
    }

    // --- history that changes

    void deleteFailed() {
        delete(List.copyOf(failed));
    }

    /// All that are over.
    void deleteAll() {
        var over = new ArrayList<SimPayment>();
        byHash.values().stream().filter(SimPayment::isOver).forEach(over::add);
        over.sort(Comparator.comparingLong(each -> each.index));
        delete(over);
        fillings.forEach(each -> shelf.remove(each.first()));
        fillings.clear();
    }

    private void delete(List<SimPayment> payments) {
        for (SimPayment payment : payments) {
            shelf.remove(payment.index);
            byHash.remove(payment.hash);
            failed.remove(payment);
            world.facts.deletedPayments.add(message(payment));
            world.changed(Truth.Kind.PAYMENT, payment.hash, "DELETED");
        }
    }

    void migrateToSql() {
        lastIndex = shelf.renumber();
        var still = List.copyOf(underWay.values());
        underWay.clear();
        still.forEach(payment -> underWay.put(payment.index, payment));
        fillings.clear();
        shelf.stretches().values().stream()
                .filter(FilledPayments.class::isInstance)
                .forEach(each -> fillings.add((FilledPayments) each));
        hidden.forEach(each -> each.payment().index = ++lastIndex);
    }

    void forget() {
        shelf.clear();
        byHash.clear();
        preimages.clear();
        underWay.clear();
        failed.clear();
        fillings.clear();
        hidden.clear();
        lastIndex = 0;
        lastAttempt = 0;
    }
}
