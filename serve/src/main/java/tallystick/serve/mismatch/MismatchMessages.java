package tallystick.serve.mismatch;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import tallystick.db.query.MismatchReader;
import tallystick.db.report.LedgerReading.Half;
import tallystick.db.report.MatchAlternative;
import tallystick.db.write.RegisterRepository.OrderedChange;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.HalfLine;
import tallystick.proto.v1.Mismatch;
import tallystick.proto.v1.MismatchChange;
import tallystick.proto.v1.MismatchState;
import tallystick.proto.v1.Severity;
import tallystick.serve.ledger.LedgerMessages;

/// What the database holds, as messages.
public final class MismatchMessages {
    private static final String STATE = "MISMATCH_STATE_";
    private static final String SEVERITY = "SEVERITY_";

    private MismatchMessages() {}

    static String text(MismatchState state) {
        return state.name().substring(STATE.length());
    }

    static String text(Severity severity) {
        return severity.name().substring(SEVERITY.length());
    }

    static Mismatch mismatch(MismatchReader.Row row) {
        Mismatch.Builder message =
                Mismatch.newBuilder()
                        .setMismatchId(HexFormat.of().formatHex(row.id()))
                        .setCode(row.code())
                        .setNode(row.node())
                        .setReference(row.reference())
                        .setAmountMsat(row.amountMsat())
                        .setResidueMsat(row.residueMsat())
                        .setSeverity(Severity.valueOf(SEVERITY + row.severity()))
                        .setState(MismatchState.valueOf(STATE + row.state()))
                        .setSinceNs(LedgerMessages.nanos(row.since()))
                        .setExplanation(row.sentence() + " " + row.advice())
                        .setEpisode(row.episode())
                        .setRuleVersion(row.ruleVersion())
                        .setOrder(row.order())
                        .setAccount(row.account());
        row.nodeMsat().ifPresent(message::setNodeMsat);
        row.booksMsat().ifPresent(message::setBooksMsat);
        return message.build();
    }

    static List<HalfLine> halves(List<Half> halves) {
        return halves.stream().map(MismatchMessages::half).toList();
    }

    static List<tallystick.proto.v1.MatchAlternative> alternatives(List<Half> nodeHalf) {
        return MatchAlternative.of(nodeHalf).stream()
                .map(
                        one ->
                                tallystick.proto.v1.MatchAlternative.newBuilder()
                                        .setAlternative(one.name())
                                        .addAllSettlements(halves(one.settlements()))
                                        .build())
                .toList();
    }

    private static HalfLine half(Half half) {
        HalfLine.Builder line =
                HalfLine.newBuilder()
                        .setNode(half.node())
                        .setWhat(half.what())
                        .setAmountMsat(half.amountMsat());
        half.at().ifPresent(at -> line.setAtNs(LedgerMessages.nanos(at)));
        return line.build();
    }

    public static MismatchChange change(OrderedChange change) {
        try {
            MismatchChange.Builder message =
                    MismatchChange.newBuilder()
                            .setMismatchId(HexFormat.of().formatHex(change.mismatchId()))
                            .setAfter(Mismatch.parseFrom(change.after()))
                            .setCause(change.cause())
                            .setLedgerSequence(change.sequence())
                            .setOrdinal(change.ordinal())
                            .addAllEvidence(change.evidence())
                            .setPerson(change.person())
                            .setDecisionId(change.decisionId());
            byte[] before = change.before();
            if (before != null) {
                message.setBefore(Mismatch.parseFrom(before));
            }
            return message.build();
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("change: unreadable (expected: a Mismatch)", e);
        }
    }

    public static Decision decision(byte[] bytes) {
        try {
            return Decision.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("decision: unreadable (expected: a Decision)", e);
        }
    }

    public static Instant instant(long nanos) {
        return Instant.EPOCH.plusNanos(nanos);
    }
}
