package tallystick.serve.web.node;

import java.time.Instant;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tallystick.db.query.CoverageReader.StreamCoverage;
import tallystick.db.query.MismatchReader;
import tallystick.ledger.proof.ChannelProof;
import tallystick.ledger.proof.Course;
import tallystick.ledger.proof.Proof;
import tallystick.ledger.proof.Proven;
import tallystick.ledger.proof.Total;
import tallystick.report.day.DayReport;

/// A node as the templates print it.
///
/// @param key its public key
/// @param proven what was proven last; empty before the first proof
/// @param troubles open mismatches about the node itself: unreachable, stalled, gaps, drift
/// @param gaps that are open; empty where they were not asked for
public record NodeView(
        String key,
        List<StreamCoverage> streams,
        Optional<Proven> proven,
        List<MismatchReader.Row> troubles,
        List<Gap> gaps) {
    public NodeView {
        streams = List.copyOf(streams);
        troubles = List.copyOf(troubles);
        gaps = List.copyOf(gaps);
    }

    /// Indexes that are missing between two records.
    public record Gap(String kind, long from, long to, Instant since) {}

    /// The sign and the words.
    public String state() {
        Optional<MismatchReader.Row> trouble =
                troubles.stream().filter(one -> !one.code().endsWith("_DRIFT")).findFirst();
        if (trouble.isPresent()) {
            return "≠ " + trouble.get().label();
        }
        return coveredUntil().isPresent() ? "= Read" : "… Not read to the end yet";
    }

    /// Up to where all of its streams are read; empty while nothing is proven of one of them.
    public Optional<Instant> coveredUntil() {
        return streams.stream().allMatch(one -> one.provenUntil().isPresent())
                ? streams.stream()
                        .map(StreamCoverage::provenUntil)
                        .flatMap(Optional::stream)
                        .min(Comparator.naturalOrder())
                : Optional.empty();
    }

    /// How many of its streams have no gap.
    public long whole() {
        return streams.stream()
                .filter(one -> one.provenUntil().isPresent() && !one.hasGaps())
                .count();
    }

    public Optional<Proof> proof() {
        return proven.map(Proven::proof);
    }

    public DayReport.Proven channels() {
        return proof().flatMap(Proof::local)
                .map(NodeView::proven)
                .orElse(DayReport.Proven.NOT_KNOWN);
    }

    public DayReport.Proven wallet() {
        return proof().map(one -> proven(one.wallet())).orElse(DayReport.Proven.NOT_KNOWN);
    }

    /// What the channels' sum is off by; empty when it cannot be told. Unit: msat.
    public OptionalLong channelsResidual() {
        Optional<Total> local = proof().flatMap(Proof::local);
        return local.isPresent()
                ? OptionalLong.of(local.get().residualMsat())
                : OptionalLong.empty();
    }

    public static DayReport.Proven proven(Total total) {
        if (total.residualMsat() == 0) {
            return DayReport.Proven.EXACTLY;
        }
        return total.explanation().isEmpty() ? DayReport.Proven.NOT : DayReport.Proven.EXPLAINED;
    }

    public static DayReport.Proven proven(ChannelProof channel) {
        if (channel.residualMsat().isEmpty()) {
            return DayReport.Proven.NOT_KNOWN;
        }
        return channel.residualMsat().getAsLong() == 0
                ? DayReport.Proven.EXACTLY
                : DayReport.Proven.NOT;
    }

    /// How a channel has stood since it last footed.
    public Course course(ChannelProof channel) {
        return proven.map(one -> one.course(channel)).orElseThrow();
    }

    /// Open mismatches of proofs that were off twice running.
    public List<MismatchReader.Row> drifts() {
        return troubles.stream().filter(one -> one.code().endsWith("_DRIFT")).toList();
    }

    public static String id(MismatchReader.Row row) {
        return HexFormat.of().formatHex(row.id());
    }
}
