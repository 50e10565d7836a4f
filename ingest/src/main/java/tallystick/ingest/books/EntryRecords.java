package tallystick.ingest.books;

import com.google.protobuf.UnknownFieldSet;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import tallystick.ingest.publish.Times;
import tallystick.ingest.record.Digest;
import tallystick.kafka.EventHeaders;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.proto.v1.EntryKind;
import tallystick.proto.v1.ReferenceAmount;

/// Good entries as records of the books topic, alike whichever way they came in. Immutable.
final class EntryRecords {
    private final TopicSettings topics;

    EntryRecords(TopicSettings topics) {
        this.topics = topics;
    }

    /// One record under each reference.
    ///
    /// @param entries what one entry of the business says, by reference
    List<ProducerRecord<byte[], byte[]>> of(List<BookEntry> entries, Instant now) {
        return of(entries, UnknownFieldSet.getDefaultInstance(), now);
    }

    /// @param unknown fields of a newer contract, which are handed on as they are
    List<ProducerRecord<byte[], byte[]>> of(
            List<BookEntry> entries, UnknownFieldSet unknown, Instant now) {
        List<ReferenceAmount> shares =
                entries.size() > 1 ? entries.stream().map(EntryRecords::share).toList() : List.of();
        return entries.stream().map(entry -> record(entry, shares, unknown, now)).toList();
    }

    private ProducerRecord<byte[], byte[]> record(
            BookEntry entry, List<ReferenceAmount> shares, UnknownFieldSet unknown, Instant now) {
        byte[] key = RecordKeys.bytes(RecordKeys.of(entry.itemKey()));
        byte[] value = message(entry, shares, unknown).toByteArray();
        Digest id = Digest.of(Digest.part(Topic.BOOKS.name()), value);
        return new ProducerRecord<>(
                topics.name(Topic.BOOKS),
                RecordKeys.partition(key, topics.partitions()),
                key,
                value,
                EventHeaders.of(
                        id.hex(),
                        "/books/" + entry.source(),
                        Topic.BOOKS,
                        entry.reference().text(),
                        now));
    }

    private static tallystick.proto.v1.BookEntry message(
            BookEntry entry, List<ReferenceAmount> shares, UnknownFieldSet unknown) {
        var message =
                tallystick.proto.v1.BookEntry.newBuilder()
                        .setEntryId(entry.entryId())
                        .setSource(entry.source())
                        .setBookedAtNs(Times.epochNanos(entry.bookedAt()))
                        .setValueDate(entry.valueDate().toString())
                        .setKind(EntryKind.valueOf("ENTRY_KIND_" + entry.kind().name()))
                        .setNode(entry.node().map(NodeId::pubkey).orElse(""))
                        .setReference(entry.reference().text())
                        .setAmountMsat(entry.amount().value())
                        .setAccount(entry.account())
                        .setOrder(entry.order().orElse(""))
                        .setReverses(entry.reverses().orElse(""))
                        .setMemo(entry.memo())
                        .addAllReferences(shares)
                        .setUnknownFields(unknown);
        entry.feeLimit().ifPresent(limit -> message.setFeeLimitMsat(limit.value()));
        return message.build();
    }

    private static ReferenceAmount share(BookEntry entry) {
        return ReferenceAmount.newBuilder()
                .setReference(entry.reference().text())
                .setAmountMsat(entry.amount().value())
                .build();
    }
}
