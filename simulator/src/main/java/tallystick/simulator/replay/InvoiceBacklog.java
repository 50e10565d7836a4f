package tallystick.simulator.replay;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import tallystick.proto.lnrpc.AMPInvoiceState;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.Invoice.InvoiceState;
import tallystick.proto.lnrpc.InvoiceHTLC;
import tallystick.proto.lnrpc.InvoiceHTLCState;
import tallystick.proto.lnrpc.InvoiceSubscription;

/// What a node knows of its invoices at a moment of its recording, and what it therefore sends first to a subscriber whose
/// cursors are behind. One thread.
final class InvoiceBacklog {
    /// What a message of the stream announces: an invoice that was added, or one (or a set) that was settled.
    ///
    /// @param isSettle whether `index` is a settle index, not an add index
    record Event(boolean isSettle, long index) {
        /// lnd says nothing that lies at or below the cursor, even if the cursor is too high by mistake.
        boolean isMutedFor(InvoiceSubscription cursor) {
            long at = isSettle ? cursor.getSettleIndex() : cursor.getAddIndex();
            return Long.compareUnsigned(index, at) <= 0;
        }
    }

    private record Known(Invoice invoice, Said said) {}

    private final TreeMap<Long, Known> byAddIndex = new TreeMap<>(Long::compareUnsigned);
    private InvoiceSubscription recordersCursor = InvoiceSubscription.getDefaultInstance();
    private long highestAdd;

    /// The recorder subscribed: what follows is told apart by its cursors.
    void recorderAsked(InvoiceSubscription cursor) {
        recordersCursor = cursor;
        highestAdd = cursor.getAddIndex();
    }

    /// The node said this on the recorded stream. Empty when it is no invoice.
    Optional<Event> streamed(Said said) {
        return Wire.tryParse(Invoice.parser(), said.bytes())
                .map(invoice -> streamed(invoice, said));
    }

    private Event streamed(Invoice invoice, Said said) {
        Event event = event(invoice);
        Known before = byAddIndex.get(invoice.getAddIndex());
        if (before == null) {
            byAddIndex.put(invoice.getAddIndex(), new Known(invoice, said));
        } else if (invoice.getIsAmp()) {
            byAddIndex.put(invoice.getAddIndex(), withSets(before, invoice, said));
        } else if (isOver(invoice) || !isOver(before.invoice())) {
            byAddIndex.put(invoice.getAddIndex(), new Known(invoice, said));
        }
        return event;
    }

    /// The node listed these, with all that it knows of them.
    void listed(List<ByteString> invoices) {
        for (ByteString bytes : invoices) {
            Wire.tryParse(Invoice.parser(), bytes).ifPresent(invoice -> listed(invoice, bytes));
        }
    }

    private void listed(Invoice invoice, ByteString bytes) {
        Known before = byAddIndex.get(invoice.getAddIndex());
        if (before == null || !before.said().bytes().equals(bytes)) {
            byAddIndex.put(invoice.getAddIndex(), new Known(invoice, Said.composed(bytes)));
        }
    }

    /// The backlog as lnd composes it: what was added after the cursor, in its present state, then what was settled after
    /// the cursor. A cursor of 0 asks for none. Invoices that are canceled or only accepted are passed over.
    List<Said> after(InvoiceSubscription cursor) {
        var backlog = new ArrayList<Said>();
        if (cursor.getAddIndex() != 0) {
            byAddIndex.tailMap(cursor.getAddIndex(), false).values().stream()
                    .filter(known -> isTold(known.invoice().getState()))
                    .forEach(known -> backlog.add(known.said()));
        }
        if (cursor.getSettleIndex() != 0) {
            backlog.addAll(settles().tailMap(cursor.getSettleIndex(), false).values());
        }
        return backlog;
    }

    private NavigableMap<Long, Said> settles() {
        var settles = new TreeMap<Long, Said>(Long::compareUnsigned);
        for (Known known : byAddIndex.values()) {
            if (known.invoice().getIsAmp()) {
                known.invoice()
                        .getAmpInvoiceStateMap()
                        .forEach(
                                (setId, set) -> {
                                    if (set.getState() == InvoiceHTLCState.SETTLED) {
                                        settles.put(
                                                set.getSettleIndex(), onlySet(known, setId, set));
                                    }
                                });
            } else if (known.invoice().getState() == InvoiceState.SETTLED) {
                settles.put(known.invoice().getSettleIndex(), known.said());
            }
        }
        return settles;
    }

    /// In the backlog that lnd sends, an invoice that is new and settled comes twice: first among the added ones, then
    /// among the settled ones. Both messages are equal, but each is told apart by the cursor of its own kind.
    private Event event(Invoice invoice) {
        boolean isNew = Long.compareUnsigned(invoice.getAddIndex(), highestAdd) > 0;
        if (isNew) {
            highestAdd = invoice.getAddIndex();
        }
        boolean isAdd =
                invoice.getState() == InvoiceState.OPEN
                        || (isNew && recordersCursor.getAddIndex() != 0);
        return isAdd
                ? new Event(false, invoice.getAddIndex())
                : new Event(true, settleIndex(invoice));
    }

    /// An AMP invoice has none itself; a message of its settlement has that of the set.
    private static long settleIndex(Invoice invoice) {
        return invoice.getAmpInvoiceStateMap().values().stream()
                .map(AMPInvoiceState::getSettleIndex)
                .max(Long::compareUnsigned)
                .orElse(invoice.getSettleIndex());
    }

    private static boolean isTold(InvoiceState state) {
        return state == InvoiceState.OPEN || state == InvoiceState.SETTLED;
    }

    private static boolean isOver(Invoice invoice) {
        return invoice.getState() == InvoiceState.SETTLED
                || invoice.getState() == InvoiceState.CANCELED;
    }

    /// A live message has only the set concerned, a message of the backlog all sets.
    private static Known withSets(Known before, Invoice invoice, Said said) {
        Map<String, AMPInvoiceState> known = before.invoice().getAmpInvoiceStateMap();
        if (invoice.getAmpInvoiceStateMap().keySet().containsAll(known.keySet())) {
            return new Known(invoice, said);
        }
        Set<ByteString> sets = new HashSet<>();
        invoice.getHtlcsList().forEach(htlc -> sets.add(htlc.getAmp().getSetId()));
        Invoice all =
                invoice.toBuilder()
                        .putAllAmpInvoiceState(known)
                        .putAllAmpInvoiceState(invoice.getAmpInvoiceStateMap())
                        .clearHtlcs()
                        .addAllHtlcs(htlcs(before.invoice(), htlc -> !sets.contains(setId(htlc))))
                        .addAllHtlcs(invoice.getHtlcsList())
                        .build();
        return new Known(all, Said.composed(all.toByteString()));
    }

    private static Said onlySet(Known known, String setId, AMPInvoiceState set) {
        if (known.invoice().getAmpInvoiceStateCount() == 1) {
            return known.said();
        }
        return Said.composed(
                known.invoice().toBuilder()
                        .clearAmpInvoiceState()
                        .putAmpInvoiceState(setId, set)
                        .clearHtlcs()
                        .addAllHtlcs(htlcs(known.invoice(), htlc -> hex(setId(htlc)).equals(setId)))
                        .build()
                        .toByteString());
    }

    private static List<InvoiceHTLC> htlcs(Invoice invoice, Predicate<InvoiceHTLC> kept) {
        return invoice.getHtlcsList().stream().filter(kept).toList();
    }

    private static ByteString setId(InvoiceHTLC htlc) {
        return htlc.getAmp().getSetId();
    }

    private static String hex(ByteString bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }
}
