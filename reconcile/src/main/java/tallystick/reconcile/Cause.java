package tallystick.reconcile;

import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import tallystick.ledger.decision.Decision;

/// Why one mismatch changed.
///
/// @param kind `evidence`, `decision`, `coverage`, `due`, `group` or `rules`
/// @param evidence the records that did, as topic-partition@offset
/// @param person who decided; empty otherwise
/// @param decisionId what was decided; empty otherwise
record Cause(String kind, List<String> evidence, String person, String decisionId) {
    /// More records of one batch about one item than these are not named one by one.
    private static final int EVIDENCE_MAX = 20;

    Cause {
        evidence = List.copyOf(evidence);
    }

    static Cause of(String kind) {
        return new Cause(kind, List.of(), "", "");
    }

    /// What changed a mismatch of an item.
    ///
    /// @param evidence what changed the item in this batch
    /// @param batch the cause of the batch
    static Cause of(String mismatchId, List<Work.Pending> evidence, String batch) {
        return evidence.stream()
                .filter(one -> isAbout(one, mismatchId))
                .reduce((_, later) -> later)
                .map(
                        one -> {
                            Decision decision = one.statement().decision().orElseThrow();
                            return new Cause(
                                    "decision",
                                    List.of(place(one.record())),
                                    decision.person(),
                                    decision.id());
                        })
                .orElseGet(() -> ofBatch(evidence, batch));
    }

    private static boolean isAbout(Work.Pending one, String mismatchId) {
        return one.statement()
                .decision()
                .filter(decision -> decision.mismatchId().equals(mismatchId))
                .isPresent();
    }

    private static Cause ofBatch(List<Work.Pending> evidence, String batch) {
        if (!evidence.isEmpty()) {
            List<String> places =
                    evidence.stream()
                            .skip(Math.max(0, evidence.size() - EVIDENCE_MAX))
                            .map(one -> place(one.record()))
                            .toList();
            return new Cause("evidence", places, "", "");
        }
        // Records that changed nothing of the item: what is proven to have been read has grown.
        boolean isOfRecords = batch.equals("records") || batch.equals("redrive");
        return of(isOfRecords ? "coverage" : batch);
    }

    private static String place(ConsumerRecord<byte[], byte[]> record) {
        return "%s-%d@%d".formatted(record.topic(), record.partition(), record.offset());
    }
}
