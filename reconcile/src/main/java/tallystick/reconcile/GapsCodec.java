package tallystick.reconcile;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;
import tallystick.ledger.item.Gaps;
import tallystick.ledger.item.Gaps.Gap;
import tallystick.ledger.item.NodeFacts;
import tallystick.proto.storage.v1.StoredFollowed;
import tallystick.proto.storage.v1.StoredGap;
import tallystick.proto.storage.v1.StoredGaps;
import tallystick.proto.v1.CoverageGap;
import tallystick.proto.v1.CoverageRecord;

/// Gaps, and how nodes are followed: as coverage tells of them, and as they lie in the database.
final class GapsCodec {
    private static final String KIND = "KIND_";

    private GapsCodec() {}

    static Gaps.Told told(CoverageRecord record) {
        var at = Times.ofNanos(record.getSeenAtNs());
        return new Gaps.Told(
                record.getIndexEpoch(),
                at,
                record.getProvenUntilNs() > 0,
                Times.ofNanos(record.getRescannedUntilNs()),
                gaps(record, true),
                gaps(record, false));
    }

    private static List<Gap> gaps(CoverageRecord record, boolean isMissing) {
        return record.getGapsList().stream()
                .filter(gap -> (gap.getState() == CoverageGap.State.STATE_UNPROVEN) == isMissing)
                .filter(gap -> gap.getFrom() <= gap.getTo())
                .map(
                        gap ->
                                new Gap(
                                        gap.getKind().name().replace(KIND, ""),
                                        gap.getFrom(),
                                        gap.getTo(),
                                        Times.ofNanos(record.getSeenAtNs())))
                .toList();
    }

    static StoredGaps stored(Gaps gaps) {
        StoredGaps.Builder stored =
                StoredGaps.newBuilder()
                        .setEpoch(gaps.epoch())
                        .setProvenAtNs(Times.nanos(gaps.provenAt()));
        gaps.open()
                .forEach(
                        gap ->
                                stored.addOpen(
                                        StoredGap.newBuilder()
                                                .setKind(gap.kind())
                                                .setFrom(gap.from())
                                                .setTo(gap.to())
                                                .setSinceNs(Times.nanos(gap.since()))));
        return stored.build();
    }

    static Gaps gaps(StoredGaps stored) {
        TreeSet<Gap> open = new TreeSet<>();
        stored.getOpenList()
                .forEach(
                        gap ->
                                open.add(
                                        new Gap(
                                                gap.getKind(),
                                                gap.getFrom(),
                                                gap.getTo(),
                                                Times.ofNanos(gap.getSinceNs()))));
        return new Gaps(stored.getEpoch(), Times.ofNanos(stored.getProvenAtNs()), open);
    }

    static Gaps parse(byte[] bytes) {
        try {
            return gaps(StoredGaps.parseFrom(bytes));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("gaps: unreadable (expected: StoredGaps)", e);
        }
    }

    static StoredFollowed stored(NodeFacts.Followed followed) {
        StoredFollowed.Builder stored =
                StoredFollowed.newBuilder().setGaps(stored(followed.gaps()));
        followed.heard().forEach((stream, at) -> stored.putHeardNs(stream, Times.nanos(at)));
        followed.walletOpenedMsat().ifPresent(stored::setWalletOpenedMsat);
        return stored.build();
    }

    static NodeFacts.Followed followed(StoredFollowed stored) {
        TreeMap<String, java.time.Instant> heard = new TreeMap<>();
        stored.getHeardNsMap().forEach((stream, at) -> heard.put(stream, Times.ofNanos(at)));
        return new NodeFacts.Followed(
                heard,
                gaps(stored.getGaps()),
                stored.hasWalletOpenedMsat()
                        ? OptionalLong.of(stored.getWalletOpenedMsat())
                        : OptionalLong.empty());
    }
}
