package tallystick.ledger.refund;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.PaymentState;

/// Whether the money of one node's payment may be paid in another way.
///
/// @param fates of its attempts, by the node's attempt id
/// @param waitsFor in words; empty unless the verdict is `NOT_YET`
/// @param finalAt of a payment with attempts in flight, the first block height at which the failure of all of them can be final;
///     empty when nothing is in flight, or no height follows from what is known
public record Refund(
        Verdict verdict, SortedMap<Long, Fate> fates, List<String> waitsFor, OptionalInt finalAt) {
    public Refund {
        fates = Collections.unmodifiableSortedMap(new TreeMap<>(fates));
        waitsFor = List.copyOf(waitsFor);
    }

    /// The answer.
    public enum Verdict {
        /// Nobody can claim any of it any more.
        SAFE,
        /// It may still be claimed, or nothing shows that it may not.
        NOT_YET,
        /// It was claimed.
        PAID
    }

    /// Pure: the same evidence gives the same answer.
    ///
    /// Only a payment that its node calls failed is over: until then the node may send a further attempt, though all of them
    /// failed.
    public static Refund of(Payment payment, NodeChain chain) {
        HtlcFate rule = new HtlcFate(chain);
        Optional<Instant> failedAt = payment.resolvedAt();
        SortedMap<Long, Fate> fates = new TreeMap<>();
        payment.attempts().forEach((id, attempt) -> fates.put(id, rule.of(attempt, failedAt)));
        if (isPaid(payment, fates)) {
            return new Refund(Verdict.PAID, fates, List.of(), OptionalInt.empty());
        }
        List<String> waitsFor = new ArrayList<>();
        fates.forEach(
                (id, fate) -> {
                    if (fate instanceof Fate.Open open) {
                        waitsFor.add(
                                "attempt %s: %s"
                                        .formatted(Long.toUnsignedString(id), open.words()));
                    }
                });
        if (payment.state() != PaymentState.FAILED) {
            waitsFor.add(
                    "the node to call the payment failed: until then it may send a further attempt");
        }
        return new Refund(
                waitsFor.isEmpty() ? Verdict.SAFE : Verdict.NOT_YET,
                fates,
                waitsFor,
                finalAt(fates));
    }

    private static boolean isPaid(Payment payment, SortedMap<Long, Fate> fates) {
        return payment.isSucceeded()
                || payment.attempts().values().stream()
                        .anyMatch(attempt -> attempt.state() == HtlcState.SETTLED)
                || fates.values().stream().anyMatch(Fate.Claimed.class::isInstance);
    }

    /// Of all that are open; nothing when of one of them no height is known.
    private static OptionalInt finalAt(SortedMap<Long, Fate> fates) {
        int last = 0;
        for (Fate fate : fates.values()) {
            if (fate instanceof Fate.Open open) {
                if (open.notBefore().isEmpty()) {
                    return OptionalInt.empty();
                }
                last = Math.max(last, open.notBefore().getAsInt());
            }
        }
        return last == 0 ? OptionalInt.empty() : OptionalInt.of(last);
    }
}
