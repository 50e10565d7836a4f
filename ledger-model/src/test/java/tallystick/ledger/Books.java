package tallystick.ledger;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;

/// Makes book entries of one source. Each step gives a new draft, so that a draft may serve several entries.
public record Books(
        String id,
        Instant at,
        EntryKind kind,
        Optional<NodeId> node,
        Reference reference,
        Optional<String> order,
        Optional<Msat> feeLimit) {
    public static final String SOURCE = "erp";
    public static final String ACCOUNT = "bank:lightning";

    /// An entry under the sample payment hash that names no node, booked one minute after the start.
    public static Books of(EntryKind kind, String id) {
        return new Books(
                id,
                Samples.minute(1),
                kind,
                Optional.empty(),
                Samples.PAYMENT_HASH,
                Optional.empty(),
                Optional.empty());
    }

    public static BookEntry receipt(String id, long amountMsat) {
        return of(EntryKind.RECEIPT, id).amount(amountMsat);
    }

    public static BookEntry payment(String id, long amountMsat) {
        return of(EntryKind.PAYMENT, id).amount(amountMsat);
    }

    public static BookEntry fee(String id, long amountMsat) {
        return of(EntryKind.ROUTING_FEE, id).amount(amountMsat);
    }

    public static BookEntry reversal(String id, BookEntry reversed) {
        return new BookEntry(
                id,
                SOURCE,
                Samples.minute(2),
                Samples.minute(2).atOffset(ZoneOffset.UTC).toLocalDate(),
                EntryKind.REVERSAL,
                reversed.node(),
                reversed.reference(),
                reversed.amount(),
                ACCOUNT,
                Optional.empty(),
                Optional.of(reversed.entryId()),
                "",
                Optional.empty());
    }

    public Books at(Instant moment) {
        return new Books(id, moment, kind, node, reference, order, feeLimit);
    }

    public Books under(NodeId named) {
        return new Books(id, at, kind, Optional.of(named), reference, order, feeLimit);
    }

    public Books under(Reference other) {
        return new Books(id, at, kind, node, other, order, feeLimit);
    }

    public Books forOrder(String text) {
        return new Books(id, at, kind, node, reference, Optional.of(text), feeLimit);
    }

    public Books withFeeLimit(long msat) {
        return new Books(id, at, kind, node, reference, order, Optional.of(Msat.of(msat)));
    }

    public BookEntry amount(long msat) {
        return new BookEntry(
                id,
                SOURCE,
                at,
                at.atOffset(ZoneOffset.UTC).toLocalDate(),
                kind,
                node,
                reference,
                Msat.of(msat),
                ACCOUNT,
                order,
                Optional.empty(),
                "",
                feeLimit);
    }
}
