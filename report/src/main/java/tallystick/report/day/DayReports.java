package tallystick.report.day;

import static java.util.Comparator.comparing;

import com.google.protobuf.InvalidProtocolBufferException;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tallystick.db.report.DayReader;
import tallystick.db.report.DayReading;
import tallystick.db.report.DayReading.Line;
import tallystick.db.report.DayReading.Sum;
import tallystick.ledger.day.Subject;
import tallystick.ledger.mismatch.Code;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.MismatchState;
import tallystick.report.day.DayReport.Bridge;
import tallystick.report.day.DayReport.ByState;
import tallystick.report.day.DayReport.Channel;
import tallystick.report.day.DayReport.Covered;
import tallystick.report.day.DayReport.Decided;
import tallystick.report.day.DayReport.Facts;
import tallystick.report.day.DayReport.Flight;
import tallystick.report.day.DayReport.History;
import tallystick.report.day.DayReport.Mismatch;
import tallystick.report.day.DayReport.Movement;
import tallystick.report.day.DayReport.OwnFigures;
import tallystick.report.day.DayReport.Places;
import tallystick.report.day.DayReport.Posted;
import tallystick.report.day.DayReport.PriorPeriod;
import tallystick.report.day.DayReport.PriorReferences;
import tallystick.report.day.DayReport.Proofs;
import tallystick.report.figures.Severity;

/// Makes a report's facts and history of a reading. Pure: the same reading gives the same report.
final class DayReports {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private static final Comparator<Mismatch> WORST_FIRST =
            comparing((Mismatch one) -> Severity.of(one.severity()))
                    .thenComparing(Comparator.comparingLong(Mismatch::amountMsat).reversed())
                    .thenComparing(Mismatch::code)
                    .thenComparing(Mismatch::reference)
                    .thenComparing(Mismatch::node);

    private static final List<String> CHANNEL_KINDS =
            List.of("income", "fee", "rebalancing fee", "open fee", "cost");

    private DayReports() {}

    static Facts facts(String ledger, BusinessDay day, DayReading reading) {
        List<Mismatch> found =
                reading.open().stream()
                        .map(one -> mismatch(message(one.after())))
                        .sorted(WORST_FIRST)
                        .toList();
        return new Facts(
                ledger,
                day.date(),
                day.from(),
                day.to(),
                day.zone().getId(),
                bridges(reading),
                byState(reading, Subject.REFERENCE),
                byState(reading, Subject.RESIDUE),
                found.stream().filter(one -> !isInformation(one)).toList(),
                found.stream().filter(DayReports::isInformation).toList(),
                reading.underWay().stream()
                        .map(
                                one ->
                                        new Flight(
                                                one.node(),
                                                one.reference(),
                                                one.sum().count(),
                                                one.sum().msat(),
                                                Long.parseLong(one.height())))
                        .toList(),
                channels(reading),
                posted(reading),
                whole(reading, line -> line.subject() == Subject.RESIDUE),
                whole(
                        reading,
                        line ->
                                line.subject() == Subject.MOVEMENT
                                        || line.subject() == Subject.ACCOUNT));
    }

    private static BigInteger whole(DayReading reading, Predicate<Line> of) {
        return reading.lines().stream()
                .filter(of)
                .map(line -> line.whole().msat())
                .reduce(BigInteger.ZERO, BigInteger::add);
    }

    private static boolean isInformation(Mismatch one) {
        return Severity.of(one.severity()) == Severity.INFORMATION;
    }

    private static List<Bridge> bridges(DayReading reading) {
        List<Bridge> result = new ArrayList<>();
        List<String> nodes =
                Stream.concat(
                                reading.coverage().stream().map(DayReading.Covered::node),
                                movements(reading).map(Line::node))
                        .distinct()
                        .sorted()
                        .toList();
        for (String node : nodes) {
            Places opening = Places.NOTHING;
            Map<String, Movement> moved = new TreeMap<>();
            for (Line line : movements(reading).filter(one -> one.node().equals(node)).toList()) {
                opening = opening.plus(places(line.place(), line.before().msat()));
                if (!line.within().isNothing()) {
                    moved.merge(
                            line.name(),
                            new Movement(
                                    line.name(),
                                    line.within().count(),
                                    places(line.place(), line.within().msat())),
                            DayReports::sum);
                }
            }
            Places closing =
                    moved.values().stream().map(Movement::msat).reduce(opening, Places::plus);
            result.add(
                    new Bridge(
                            node,
                            opening,
                            List.copyOf(moved.values()),
                            closing,
                            ownFigures(reading, node, closing)));
        }
        return result;
    }

    private static Movement sum(Movement a, Movement b) {
        return new Movement(a.kind(), a.count() + b.count(), a.msat().plus(b.msat()));
    }

    private static Stream<Line> movements(DayReading reading) {
        return reading.lines().stream().filter(line -> line.subject() == Subject.MOVEMENT);
    }

    private static Places places(String place, BigInteger msat) {
        if (place.equals("wallet")) {
            return new Places(BigInteger.ZERO, msat, BigInteger.ZERO);
        }
        return place.startsWith("limbo")
                ? new Places(BigInteger.ZERO, BigInteger.ZERO, msat)
                : new Places(msat, BigInteger.ZERO, BigInteger.ZERO);
    }

    private static Optional<OwnFigures> ownFigures(
            DayReading reading, String node, Places closing) {
        return reading.proofs().stream()
                .filter(one -> one.node().equals(node))
                .map(one -> ownFigures(one, closing))
                .findFirst();
    }

    private static OwnFigures ownFigures(DayReading.Proof proof, Places closing) {
        return new OwnFigures(
                proof.observedAt(),
                closing.channelsMsat().subtract(BigInteger.valueOf(proof.channelsMsat())),
                closing.walletMsat().subtract(BigInteger.valueOf(proof.walletLedgerMsat())),
                proof.localLedgerMsat().isPresent()
                        ? OptionalLong.of(
                                Math.subtractExact(
                                        proof.channelsMsat(), proof.localLedgerMsat().getAsLong()))
                        : OptionalLong.empty(),
                proof.localLedgerMsat(),
                proof.localNodeMsat(),
                proof.localResidualMsat(),
                proof.walletLedgerMsat(),
                proof.walletNodeMsat(),
                proof.walletResidualMsat(),
                proof.walletExplanation(),
                proof.withinRounding(),
                proof.beyondRounding(),
                proof.notTold());
    }

    private static List<ByState> byState(DayReading reading, Subject subject) {
        Map<String, ByState> result = new TreeMap<>();
        reading.lines().stream()
                .filter(line -> line.subject() == subject)
                .filter(line -> !line.end().isNothing() || !line.within().isNothing())
                .forEach(
                        line ->
                                result.merge(
                                        line.name(),
                                        new ByState(line.name(), line.within(), line.end()),
                                        (a, b) ->
                                                new ByState(
                                                        a.state(),
                                                        a.within().plus(b.within()),
                                                        a.whole().plus(b.whole()))));
        return List.copyOf(result.values());
    }

    private static List<Channel> channels(DayReading reading) {
        record Place(String node, String place) {}
        Map<Place, Map<String, Sum>> sums =
                new TreeMap<>(comparing(Place::node).thenComparing(Place::place));
        movements(reading)
                .filter(line -> CHANNEL_KINDS.contains(line.name()))
                .filter(line -> !line.within().isNothing())
                .forEach(
                        line ->
                                sums.computeIfAbsent(
                                                new Place(line.node(), line.place()),
                                                _ -> new TreeMap<>())
                                        .merge(line.name(), line.within(), Sum::plus));
        List<Channel> result = new ArrayList<>();
        sums.forEach(
                (place, of) ->
                        result.add(
                                new Channel(
                                        place.node(),
                                        place.place(),
                                        of.getOrDefault("income", Sum.NOTHING),
                                        of.getOrDefault("fee", Sum.NOTHING),
                                        of.getOrDefault("rebalancing fee", Sum.NOTHING),
                                        of.getOrDefault("open fee", Sum.NOTHING),
                                        of.getOrDefault("cost", Sum.NOTHING))));
        return result;
    }

    private static List<Posted> posted(DayReading reading) {
        return reading.lines().stream()
                .filter(line -> line.subject() == Subject.ACCOUNT && !line.within().isNothing())
                .map(line -> new Posted(line.name(), line.place(), line.within()))
                .toList();
    }

    static History history(BusinessDay day, DayReading reading, Moves moves) {
        return new History(
                reading.sequence(),
                reading.since(),
                reading.head(),
                reading.knownAt(),
                reading.ruleVersion(),
                day.isProvisional(reading.coverage()),
                reading.coverage().stream()
                        .map(
                                one ->
                                        new Covered(
                                                one.node(),
                                                one.alias(),
                                                one.stream(),
                                                one.until(),
                                                one.hasGaps()))
                        .toList(),
                openOf(reading.openBefore()),
                moves.opened,
                moves.reopened,
                moves.changed,
                moves.closed,
                moves.resolved,
                moves.ignored,
                openOf(reading.open()),
                reading.decisions().stream().map(DayReports::decided).toList(),
                priorPeriod(reading),
                reading.lines().stream()
                        .filter(line -> line.subject() == Subject.REFERENCE)
                        .filter(line -> !line.late().isNothing())
                        .collect(
                                Collectors.groupingBy(
                                        Line::name,
                                        TreeMap::new,
                                        Collectors.reducing(Sum.NOTHING, Line::late, Sum::plus)))
                        .entrySet()
                        .stream()
                        .map(one -> new PriorReferences(one.getKey(), one.getValue()))
                        .toList(),
                reading.proofs().stream()
                        .map(
                                one ->
                                        new Proofs(
                                                one.node(),
                                                one.made(),
                                                one.footed(),
                                                Math.addExact(
                                                        one.localDriftMsat(),
                                                        one.walletDriftMsat()),
                                                one.explained(),
                                                one.incomplete()))
                        .toList());
    }

    private static List<PriorPeriod> priorPeriod(DayReading reading) {
        record Kind(String node, String kind) {}
        Map<Kind, PriorPeriod> result =
                new TreeMap<>(comparing(Kind::node).thenComparing(Kind::kind));
        movements(reading)
                .filter(line -> !line.late().isNothing())
                .forEach(
                        line ->
                                result.merge(
                                        new Kind(line.node(), line.name()),
                                        new PriorPeriod(
                                                line.node(),
                                                line.name(),
                                                line.late().count(),
                                                places(line.place(), line.late().msat())),
                                        (a, b) ->
                                                new PriorPeriod(
                                                        a.node(),
                                                        a.kind(),
                                                        a.count() + b.count(),
                                                        a.msat().plus(b.msat()))));
        return List.copyOf(result.values());
    }

    private static Sum openOf(List<DayReading.Stored> stored) {
        return stored.stream()
                .map(one -> message(one.after()))
                .filter(DayReports::counts)
                .map(DayReports::amount)
                .reduce(Sum.NOTHING, Sum::plus);
    }

    private static boolean isOpen(tallystick.proto.v1.Mismatch message) {
        return message.getState() == MismatchState.MISMATCH_STATE_OPEN;
    }

    /// Open, and not for information only.
    private static boolean counts(tallystick.proto.v1.Mismatch message) {
        return isOpen(message)
                && message.getSeverity() != tallystick.proto.v1.Severity.SEVERITY_INFORMATION;
    }

    private static Sum amount(tallystick.proto.v1.Mismatch message) {
        return new Sum(1, BigInteger.valueOf(message.getAmountMsat()));
    }

    /// What came, went and changed its amount, step by step. One thread.
    static final class Moves implements DayReader.Register {
        private Sum opened = Sum.NOTHING;
        private Sum reopened = Sum.NOTHING;
        private Sum changed = Sum.NOTHING;
        private Sum closed = Sum.NOTHING;
        private Sum resolved = Sum.NOTHING;
        private Sum ignored = Sum.NOTHING;

        @Override
        public boolean isOpen(byte[] mismatch) {
            return DayReports.isOpen(message(mismatch));
        }

        @Override
        public void change(DayReading.Change change) {
            var after = message(change.after());
            var before =
                    change.before().length == 0
                            ? Optional.<tallystick.proto.v1.Mismatch>empty()
                            : Optional.of(message(change.before()));
            boolean wasCounted = before.filter(DayReports::counts).isPresent();
            if (wasCounted && counts(after)) {
                long more = after.getAmountMsat() - before.get().getAmountMsat();
                if (more != 0) {
                    changed = changed.plus(new Sum(0, BigInteger.valueOf(more)));
                }
            } else if (wasCounted) {
                end(after.getState(), amount(before.get()));
            } else if (counts(after)) {
                begin(after, before.isPresent());
            }
        }

        private void begin(tallystick.proto.v1.Mismatch after, boolean isKnown) {
            if (isKnown) {
                reopened = reopened.plus(amount(after));
            } else {
                opened = opened.plus(amount(after));
            }
        }

        private void end(MismatchState state, Sum sum) {
            switch (state) {
                case MISMATCH_STATE_RESOLVED -> resolved = resolved.plus(sum);
                case MISMATCH_STATE_IGNORED -> ignored = ignored.plus(sum);
                case MISMATCH_STATE_CLOSED,
                        MISMATCH_STATE_OPEN,
                        MISMATCH_STATE_UNSPECIFIED,
                        UNRECOGNIZED ->
                        closed = closed.plus(sum);
            }
        }
    }

    private static Mismatch mismatch(tallystick.proto.v1.Mismatch message) {
        Optional<Code> code =
                Arrays.stream(Code.values())
                        .filter(one -> one.name().equals(message.getCode()))
                        .findFirst();
        return new Mismatch(
                message.getMismatchId(),
                message.getCode(),
                code.map(Code::label).orElse(message.getCode()),
                message.getSeverity().name().replace("SEVERITY_", ""),
                message.getNode(),
                message.getReference(),
                message.getAmountMsat(),
                message.getResidueMsat(),
                message.hasNodeMsat()
                        ? OptionalLong.of(message.getNodeMsat())
                        : OptionalLong.empty(),
                message.hasBooksMsat()
                        ? OptionalLong.of(message.getBooksMsat())
                        : OptionalLong.empty(),
                instant(message.getSinceNs()),
                message.getOrder(),
                message.getAccount(),
                sentence(message.getExplanation(), code),
                code.map(Code::advice).orElse(""));
    }

    /// The explanation ends with what to do, which is told apart.
    private static String sentence(String explanation, Optional<Code> code) {
        String advice = code.map(one -> " " + one.advice()).orElse("");
        return explanation.endsWith(advice)
                ? explanation.substring(0, explanation.length() - advice.length())
                : explanation;
    }

    private static Decided decided(DayReading.Decided decided) {
        Decision message;
        try {
            message = Decision.parseFrom(decided.bytes());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(
                    "decision at sequence %d: not readable (expected: a tallystick.v1.Decision)"
                            .formatted(decided.sequence()),
                    e);
        }
        return new Decided(
                message.getDecisionId(),
                message.getKind().name().replace("DECISION_KIND_", ""),
                message.getPerson(),
                instant(message.getDecidedAtNs()),
                message.getReason(),
                message.getMismatchId(),
                decided.node(),
                decided.reference(),
                message.getAdjustmentMsat(),
                message.getAccount(),
                message.getApproves(),
                message.getUntilNs() == 0
                        ? Optional.empty()
                        : Optional.of(instant(message.getUntilNs())));
    }

    private static tallystick.proto.v1.Mismatch message(byte[] bytes) {
        try {
            return tallystick.proto.v1.Mismatch.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(
                    "change of the register: not readable (expected: a tallystick.v1.Mismatch)", e);
        }
    }

    static Instant instant(long nanos) {
        return Instant.ofEpochSecond(
                Math.floorDiv(nanos, NANOS_PER_SECOND), Math.floorMod(nanos, NANOS_PER_SECOND));
    }
}
