package tallystick.reconcile;

import com.google.protobuf.ByteString;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import tallystick.db.report.IssuedReports;
import tallystick.db.seal.Head;
import tallystick.db.write.EvidenceRepository.OrderedQuarantined;
import tallystick.db.write.EvidenceRepository.Quarantined;
import tallystick.db.write.RegisterRepository.OrderedChange;
import tallystick.kafka.EventHeaders;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.Msat;
import tallystick.proto.v1.LedgerHead;
import tallystick.proto.v1.Mismatch;
import tallystick.proto.v1.MismatchChange;
import tallystick.proto.v1.MismatchState;
import tallystick.proto.v1.ReportIssued;

/// What the ledger has to tell, as records for Kafka. The same row always gives the same records.
final class OutboxMessages {
    private final TopicSettings topics;
    private final String ledger;

    OutboxMessages(TopicSettings topics, String ledger) {
        this.topics = topics;
        this.ledger = ledger;
    }

    /// The change itself, and what the mismatch is now; a tombstone once it is closed or settled by a person.
    List<ProducerRecord<byte[], byte[]>> change(OrderedChange change) {
        Mismatch after = MismatchMessages.parse(change.after());
        MismatchChange.Builder message =
                MismatchChange.newBuilder()
                        .setMismatchId(Digests.hex(change.mismatchId()))
                        .setAfter(after)
                        .setCause(change.cause())
                        .addAllEvidence(change.evidence())
                        .setPerson(change.person())
                        .setDecisionId(change.decisionId())
                        .setLedgerSequence(change.sequence())
                        .setOrdinal(change.ordinal());
        Optional.ofNullable(change.before())
                .ifPresent(before -> message.setBefore(MismatchMessages.parse(before)));
        byte[] key = RecordKeys.bytes(message.getMismatchId());
        String id = "%s/%d/%d".formatted(ledger, change.sequence(), change.ordinal());
        return List.of(
                record(
                        Topic.MISMATCHES,
                        key,
                        message.build().toByteArray(),
                        headers(id, Topic.MISMATCHES, after.getReference(), change.decidedAt())),
                record(
                        Topic.MISMATCH_STATE,
                        key,
                        isOver(after) ? null : change.after(),
                        headers(
                                id,
                                Topic.MISMATCH_STATE,
                                after.getReference(),
                                change.decidedAt())));
    }

    /// True of what is closed or settled by a person: the topic of states has it no more.
    static boolean isOver(Mismatch mismatch) {
        return mismatch.getState() == MismatchState.MISMATCH_STATE_CLOSED
                || mismatch.getState() == MismatchState.MISMATCH_STATE_RESOLVED;
    }

    /// The record as it came, and in its headers where from and why.
    ProducerRecord<byte[], byte[]> quarantined(OrderedQuarantined quarantined) {
        Quarantined record = quarantined.record();
        String id =
                "%s/quarantine/%d/%d"
                        .formatted(ledger, quarantined.sequence(), quarantined.ordinal());
        String place = "%s-%d@%d".formatted(record.topic(), record.partition(), record.offset());
        List<Header> headers =
                new ArrayList<>(headers(id, Topic.QUARANTINE, place, quarantined.decidedAt()));
        headers.add(EventHeaders.header("tallystick_reason", record.reason()));
        headers.add(EventHeaders.header("tallystick_cluster", record.clusterId()));
        headers.add(EventHeaders.header("tallystick_topic", record.topic()));
        headers.add(
                EventHeaders.header("tallystick_partition", Integer.toString(record.partition())));
        headers.add(EventHeaders.header("tallystick_offset", Long.toString(record.offset())));
        return record(Topic.QUARANTINE, record.key(), record.value(), headers);
    }

    /// A head. Every head of a ledger has the same key.
    ProducerRecord<byte[], byte[]> head(Head head) {
        LedgerHead message =
                LedgerHead.newBuilder()
                        .setLedger(ledger)
                        .setSequence(head.sequence())
                        .setHash(ByteString.copyFrom(head.hash()))
                        .setPreviousHash(ByteString.copyFrom(head.previousHash()))
                        .setCommittedAtNs(ChronoUnit.NANOS.between(Instant.EPOCH, head.at()))
                        .build();
        return record(
                Topic.LEDGER_HEADS,
                RecordKeys.bytes(ledger),
                message.toByteArray(),
                headers(
                        "%s/head/%d".formatted(ledger, head.sequence()),
                        Topic.LEDGER_HEADS,
                        ledger,
                        head.at()));
    }

    /// A report that was issued, under its id.
    ProducerRecord<byte[], byte[]> report(IssuedReports.Told report) {
        String id = reportId(report, report.edition());
        ReportIssued message =
                ReportIssued.newBuilder()
                        .setReportId(id)
                        .setLedger(report.ledger())
                        .setBusinessDay(report.day().toString())
                        .setLedgerSequence(report.sequence())
                        .setFactsDigest(report.factsDigest())
                        .setIssuedAtNs(ChronoUnit.NANOS.between(Instant.EPOCH, report.issuedAt()))
                        .setAgreedCount(report.agreedCount())
                        .setOpenCount(report.openCount())
                        .setOpenMsat(Msat.ofAtMost(report.openMsat()).value())
                        .setIsProvisional(report.isProvisional())
                        .setRestates(
                                report.edition() == 1 ? "" : reportId(report, report.edition() - 1))
                        .build();
        return record(
                Topic.REPORTS,
                RecordKeys.bytes(id),
                message.toByteArray(),
                headers(id, Topic.REPORTS, report.day().toString(), report.issuedAt()));
    }

    private static String reportId(IssuedReports.Told report, int edition) {
        return "%s/%s/%d".formatted(report.ledger(), report.day(), edition);
    }

    private List<Header> headers(String id, Topic topic, String subject, Instant time) {
        return EventHeaders.of(id, "/ledgers/" + ledger, topic, subject, time);
    }

    private ProducerRecord<byte[], byte[]> record(
            Topic topic, byte @Nullable [] key, byte @Nullable [] value, List<Header> headers) {
        return new ProducerRecord<>(topics.name(topic), null, null, key, value, headers);
    }
}
