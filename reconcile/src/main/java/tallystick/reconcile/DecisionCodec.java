package tallystick.reconcile;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.Optional;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.decision.Decision.Kind;
import tallystick.proto.v1.DecisionKind;

/// People's decisions as messages. What is stored with an item need not name the item again.
final class DecisionCodec {
    private static final String KIND = "DECISION_KIND_";

    private DecisionCodec() {}

    /// @throws IllegalArgumentException when it says what cannot be
    static Decision decode(tallystick.proto.v1.Decision message) {
        return new Decision(
                BookEntryCodec.name("decision_id", message.getDecisionId()),
                BookEntryCodec.name("mismatch_id", message.getMismatchId()),
                kind(message),
                BookEntryCodec.name("person", message.getPerson()),
                BookEntryCodec.name("reason", message.getReason()),
                Times.ofNanos(message.getDecidedAtNs()),
                Times.ofNanosUnlessZero(message.getUntilNs()),
                Msat.of(message.getSeenAmountMsat()).value(),
                adjustment(message.getAdjustmentMsat()),
                BookEntryCodec.name("account", message.getAccount()),
                BookEntryCodec.name("approves", message.getApproves()),
                BookEntryCodec.name("alternative", message.getAlternative()),
                BookEntryCodec.name("assignee", message.getAssignee()),
                message.getRuleVersion());
    }

    /// What the database holds of one.
    static Decision parse(byte[] bytes) {
        try {
            return decode(tallystick.proto.v1.Decision.parseFrom(bytes));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("decision: unreadable (expected: a Decision)", e);
        }
    }

    static tallystick.proto.v1.Decision encode(Decision decision) {
        return tallystick.proto.v1.Decision.newBuilder()
                .setDecisionId(decision.id())
                .setMismatchId(decision.mismatchId())
                .setKind(DecisionKind.valueOf(KIND + decision.kind().name()))
                .setPerson(decision.person())
                .setReason(decision.reason())
                .setDecidedAtNs(Times.nanos(decision.decidedAt()))
                .setUntilNs(decision.until().map(Times::nanos).orElse(0L))
                .setSeenAmountMsat(decision.seenAmountMsat())
                .setAdjustmentMsat(decision.adjustmentMsat())
                .setAccount(decision.account())
                .setApproves(decision.approves())
                .setAlternative(decision.alternative())
                .setAssignee(decision.assignee())
                .setRuleVersion(decision.ruleVersion())
                .build();
    }

    /// The item that it is about.
    static ItemKey itemKey(tallystick.proto.v1.Decision message) {
        return ItemKey.of(
                Reference.parse(BookEntryCodec.name("reference", message.getReference())),
                Optional.of(message.getNode()).filter(node -> !node.isEmpty()).map(NodeId::new));
    }

    private static long adjustment(long msat) {
        var _ = Msat.of(Math.absExact(msat)); // No more than all bitcoin.
        return msat;
    }

    private static Kind kind(tallystick.proto.v1.Decision message) {
        return switch (message.getKind()) {
            case DECISION_KIND_RESOLVE -> Kind.RESOLVE;
            case DECISION_KIND_IGNORE -> Kind.IGNORE;
            case DECISION_KIND_APPROVE -> Kind.APPROVE;
            case DECISION_KIND_CONFIRM_MATCH -> Kind.CONFIRM_MATCH;
            case DECISION_KIND_COMMENT -> Kind.COMMENT;
            case DECISION_KIND_ASSIGN -> Kind.ASSIGN;
            case DECISION_KIND_SIGN -> Kind.SIGN;
            case DECISION_KIND_ERASE -> Kind.ERASE;
            case DECISION_KIND_PREPARE -> Kind.PREPARE;
            case DECISION_KIND_COUNTERSIGN -> Kind.COUNTERSIGN;
            case DECISION_KIND_UNSPECIFIED, DECISION_KIND_ADJUST, UNRECOGNIZED ->
                    throw RecordCodec.unknown("kind", message.getKindValue());
        };
    }
}
