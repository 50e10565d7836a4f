package tallystick.reconcile;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tallystick.db.Json;
import tallystick.db.report.LedgerReading.Half;
import tallystick.db.write.RegisterRepository;
import tallystick.ledger.NodeId;
import tallystick.ledger.mismatch.Finding;
import tallystick.ledger.mismatch.Outcome;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.proto.v1.Mismatch;
import tallystick.proto.v1.MismatchState;
import tallystick.proto.v1.Severity;

/// Findings as rows of the register, and rows as messages for consumers.
final class MismatchMessages {
    private MismatchMessages() {}

    /// By which people's decisions name it.
    static String id(Finding finding) {
        return Digests.hex(
                Digests.mismatchId(
                        finding.code().name(),
                        finding.reference(),
                        finding.node().map(NodeId::pubkey).orElse("")));
    }

    static RegisterRepository.Row row(
            Outcome.Judged judged,
            String owner,
            byte @Nullable [] itemKey,
            long residueMsat,
            RuleSet rules,
            Instant now) {
        Finding finding = judged.finding();
        String node = finding.node().map(NodeId::pubkey).orElse("");
        return new RegisterRepository.Row(
                Digests.mismatchId(finding.code().name(), finding.reference(), node),
                owner,
                itemKey,
                finding.code().name(),
                node,
                finding.reference(),
                finding.amount().value(),
                residueMsat,
                judged.severity(rules, now).name(),
                judged.standing().name(),
                finding.since().truncatedTo(ChronoUnit.MICROS), // As Postgres will give it back.
                finding.code().label(),
                finding.sentence(),
                finding.code().advice(),
                finding.order().orElse(null),
                finding.account().orElse(null),
                boxed(finding.nodeMsat()),
                boxed(finding.booksMsat()),
                Json.halves(finding.nodeHalf().stream().map(MismatchMessages::half).toList()),
                Json.halves(finding.booksHalf().stream().map(MismatchMessages::half).toList()),
                1,
                rules.version());
    }

    /// The same mismatch with another state and episode.
    static RegisterRepository.Row with(RegisterRepository.Row row, String state, int episode) {
        return copy(row, state, episode, row.nodeHalf(), row.booksHalf());
    }

    /// The same mismatch with its halves written otherwise.
    static RegisterRepository.Row withHalves(
            RegisterRepository.Row row, String nodeHalf, String booksHalf) {
        return copy(row, row.state(), row.episode(), nodeHalf, booksHalf);
    }

    private static RegisterRepository.Row copy(
            RegisterRepository.Row row,
            String state,
            int episode,
            String nodeHalf,
            String booksHalf) {
        return new RegisterRepository.Row(
                row.mismatchId(),
                row.owner(),
                row.itemKey(),
                row.code(),
                row.node(),
                row.reference(),
                row.amountMsat(),
                row.residueMsat(),
                row.severity(),
                state,
                row.since(),
                row.label(),
                row.sentence(),
                row.advice(),
                row.order(),
                row.account(),
                row.nodeMsat(),
                row.booksMsat(),
                nodeHalf,
                booksHalf,
                episode,
                row.ruleVersion());
    }

    static Mismatch message(RegisterRepository.Row row) {
        Mismatch.Builder message =
                Mismatch.newBuilder()
                        .setMismatchId(Digests.hex(row.mismatchId()))
                        .setCode(row.code())
                        .setNode(row.node())
                        .setReference(row.reference())
                        .setAmountMsat(row.amountMsat())
                        .setResidueMsat(row.residueMsat())
                        .setSeverity(Severity.valueOf("SEVERITY_" + row.severity()))
                        .setState(MismatchState.valueOf("MISMATCH_STATE_" + row.state()))
                        .setSinceNs(Times.nanos(row.since()))
                        .setExplanation(row.sentence() + " " + row.advice())
                        .setEpisode(row.episode())
                        .setRuleVersion(row.ruleVersion())
                        .setOrder(Optional.ofNullable(row.order()).orElse(""))
                        .setAccount(Optional.ofNullable(row.account()).orElse(""));
        Long nodeMsat = row.nodeMsat();
        if (nodeMsat != null) {
            message.setNodeMsat(nodeMsat);
        }
        Long booksMsat = row.booksMsat();
        if (booksMsat != null) {
            message.setBooksMsat(booksMsat);
        }
        return message.build();
    }

    /// What two reports of one mismatch must share to be the same: all but the episode.
    static byte[] digest(RegisterRepository.Row row) {
        return Digests.sha256(
                String.join(
                        "\n",
                        Digests.hex(message(with(row, row.state(), 1)).toByteArray()),
                        row.nodeHalf(),
                        row.booksHalf()));
    }

    /// True when the two differ in nothing but the episode.
    static boolean readAlike(RegisterRepository.Row a, RegisterRepository.Row b) {
        return message(with(a, a.state(), 1)).equals(message(with(b, b.state(), 1)))
                && Json.halves(a.nodeHalf()).equals(Json.halves(b.nodeHalf()))
                && Json.halves(a.booksHalf()).equals(Json.halves(b.booksHalf()));
    }

    static Mismatch parse(byte[] bytes) {
        try {
            return Mismatch.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("change: unreadable (expected: a Mismatch)", e);
        }
    }

    private static Half half(Finding.HalfLine line) {
        return new Half(line.node(), line.what(), line.amountMsat(), line.at());
    }

    private static @Nullable Long boxed(OptionalLong value) {
        return value.isPresent() ? value.getAsLong() : null;
    }
}
