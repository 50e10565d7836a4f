package tallystick.report.day;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import tallystick.db.report.DayReading.Sum;
import tallystick.ledger.mismatch.Code;
import tallystick.report.day.DayReport.Bridge;
import tallystick.report.day.DayReport.Covered;
import tallystick.report.day.DayReport.Facts;
import tallystick.report.day.DayReport.History;
import tallystick.report.day.DayReport.Mismatch;
import tallystick.report.day.DayReport.Movement;
import tallystick.report.day.DayReport.Places;
import tallystick.report.figures.Severity;

/// Reports built by hand, whose sums add up. The same arguments give the same report.
final class SampleReports {
    static final String ALICE =
            "03b3c39803126c820a740d4a2b06ab0bef174764c1a5d1882cb2002672d41088ca";
    static final String BOB = "02e8ac4321f156a8d1012473a85cdbf7c845b8826d4debbb996a29b0bb4d2fd8e1";
    static final Instant FROM = Instant.parse("2026-11-21T23:00:00Z");
    static final Instant TO = Instant.parse("2026-11-22T23:00:00Z");
    static final LocalDate DAY = LocalDate.of(2026, 11, 22);

    private static final List<Code> CODES = List.of(Code.values());
    private static final List<Severity> SEVERITIES = List.of(Severity.values());

    private static final String LONG =
            "Département de la réconciliation des paiements instantanés à l'international №7 Straße";

    /// What people and other programs may write into fields that we only pass on.
    private static final List<String> HOSTILE =
            List.of(
                    "<script>alert(\"1\")</script>",
                    "]]>&amp;<!-- ' \" -->",
                    "=HYPERLINK(\"http://127.0.0.1\")",
                    "₿ 0.001 ⚡, \u05d4\u05d6\u05de\u05e0\u05d4 12",
                    "\u202eevil\u0007\u001b[31m",
                    "two\nlines\tand a tab",
                    "漢字漢字漢字漢字漢字漢字 🍕",
                    "a-very-long-order-number-that-no-column-holds-0123456789-0123456789-0123456789");

    private SampleReports() {}

    /// Two nodes, so many mismatches, ordinary texts.
    static DayReport with(int mismatches) {
        return report(mismatches, "merchant", "alice", "bob", List.of("ord-1"), 100_000_000);
    }

    /// The same with names as long as they get, and signs of the trade.
    static DayReport longNames(int mismatches) {
        return report(
                mismatches,
                LONG,
                "⚡ " + LONG + " ₿",
                "bob-bob-bob-bob-bob-bob-bob-bob-bob-bob-bob-bob-bob-bob-bob-bob",
                List.of(LONG, "ord-1", "a-very-long-order-number-0123456789-0123456789-0123456789"),
                2_100_000_000_000_000_000L / 4_000);
    }

    /// The same with texts that try to break out of every format.
    static DayReport hostile(int mismatches) {
        return report(
                mismatches,
                "<b>\u202e&\u0000",
                "<img src=x onerror=\"x\"> ₿ \u05d1\u05d5\u05d1",
                "http://127.0.0.1/\"><link rel=stylesheet href=x>",
                HOSTILE,
                100_000_000);
    }

    private static final DayReport.SignOff SIGNED =
            new DayReport.SignOff(
                    List.of(
                            new DayReport.Signature(
                                    "PREPARED",
                                    "ann",
                                    Instant.parse("2026-11-23T07:30:00Z"),
                                    "",
                                    1,
                                    "77".repeat(32)),
                            new DayReport.Signature(
                                    "REVIEWED",
                                    "bob",
                                    Instant.parse("2026-11-23T08:02:41Z"),
                                    "compared with the shop's list",
                                    1,
                                    "77".repeat(32))),
                    List.of(
                            new DayReport.Edition(
                                    1,
                                    Instant.parse("2026-11-22T23:10:00Z"),
                                    318,
                                    "77".repeat(32),
                                    "")));

    /// A report with these open mismatches.
    static DayReport of(DayReport report, List<Mismatch> open) {
        Facts facts = facts(report.facts().ledger(), open, report.facts().information().stream());
        return new DayReport(
                facts, history(facts, "alice", "bob", "x"), report.seal(), SIGNED, true);
    }

    /// A report of a node with so many channels, and as many payments in flight.
    static DayReport withChannels(int count) {
        DayReport report = with(3);
        Facts facts = report.facts();
        List<DayReport.Channel> channels = new ArrayList<>();
        List<DayReport.Flight> flights = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            channels.add(channel("scid:" + (1_000_000 + i), 1_000L * i, 7));
            flights.addAll(facts.underWay());
        }
        return of(report, facts.bridges(), flights, channels);
    }

    /// The report with others of these.
    static DayReport of(
            DayReport report,
            List<DayReport.Bridge> bridges,
            List<DayReport.Flight> underWay,
            List<DayReport.Channel> channels) {
        Facts facts = report.facts();
        return new DayReport(
                new Facts(
                        facts.ledger(),
                        facts.day(),
                        facts.from(),
                        facts.to(),
                        facts.timeZone(),
                        bridges,
                        facts.references(),
                        facts.residues(),
                        facts.open(),
                        facts.information(),
                        underWay,
                        channels,
                        facts.accounts(),
                        facts.clearingMsat(),
                        facts.postedMsat()),
                report.history(),
                report.seal(),
                report.signOff(),
                true);
    }

    static List<DayPage.Point> trend(int days) {
        List<DayPage.Point> points = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(7);
        for (int i = days - 1; i >= 0; i--) {
            long open = random.nextLong(0, 60);
            points.add(
                    new DayPage.Point(
                            DAY.minusDays(i),
                            open,
                            BigInteger.valueOf(open * random.nextLong(1, 90_000_000))));
        }
        return points;
    }

    static DayDocument document(DayReport report, List<DayPage.Point> trend) {
        DayJson json = new DayJson();
        return new DayDocument(
                report,
                json.whole(
                        json.facts(report.facts()),
                        json.history(report.history()),
                        json.seal(report.seal()),
                        report.signOff(),
                        DayQueries.of(report)),
                trend);
    }

    private static DayReport report(
            int mismatches,
            String ledger,
            String alice,
            String bob,
            List<String> texts,
            long largest) {
        SplittableRandom random = new SplittableRandom(2026);
        List<Mismatch> found = new ArrayList<>();
        for (int i = 0; i < mismatches; i++) {
            found.add(mismatch(i, random, texts.get(i % texts.size()), largest));
        }
        found.sort(
                Comparator.comparing((Mismatch one) -> Severity.of(one.severity()))
                        .thenComparing(Comparator.comparingLong(Mismatch::amountMsat).reversed()));
        List<Mismatch> open = found.stream().filter(one -> !isInformation(one)).toList();
        Facts facts = facts(ledger, open, found.stream().filter(SampleReports::isInformation));
        return new DayReport(
                facts,
                history(facts, alice, bob, texts.getFirst()),
                new DayReport.Seal(
                        ledger,
                        DAY,
                        "1.0.0",
                        Instant.parse("2026-11-22T23:10:00Z"),
                        600,
                        "5b".repeat(32),
                        "c3".repeat(32),
                        Optional.of("9e".repeat(32)),
                        Optional.empty(),
                        1,
                        ""),
                SIGNED,
                true);
    }

    private static boolean isInformation(Mismatch one) {
        return Severity.of(one.severity()) == Severity.INFORMATION;
    }

    private static Mismatch mismatch(int i, SplittableRandom random, String text, long largest) {
        Code code = CODES.get(i % CODES.size());
        long amount = i % 13 == 12 ? random.nextLong(1, 1_000) : random.nextLong(1, largest);
        long signed = random.nextBoolean() ? amount : -amount;
        Severity severity = SEVERITIES.get(i % SEVERITIES.size());
        return new Mismatch(
                hash(random),
                code.name(),
                code.label(),
                severity.name(),
                random.nextInt(3) == 0 ? BOB : ALICE,
                "payment_hash:" + hash(random),
                amount,
                signed,
                i % 5 == 0 ? OptionalLong.empty() : OptionalLong.of(signed),
                i % 7 == 0 ? OptionalLong.empty() : OptionalLong.of(-signed / 2),
                TO.minus(Duration.ofMinutes(random.nextLong(1, 20_000))),
                text,
                i % 3 == 0 ? "sales:" + text : "",
                "The node received another amount than entry " + text + " says.",
                code.advice());
    }

    private static String hash(SplittableRandom random) {
        return "%016x%016x%016x%016x"
                .formatted(
                        random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    private static Facts facts(String ledger, List<Mismatch> open, Stream<Mismatch> information) {
        return new Facts(
                ledger,
                DAY,
                FROM,
                TO,
                "Europe/Berlin",
                List.of(bridge(BOB, 9_616_823_000L), bridge(ALICE, 1_234_567_890L)),
                List.of(
                        state("AGREED", 180, 912_345_678),
                        state("AGREED_BY_RULE", 20, 4_000_123),
                        state("OPEN", open.size(), 77_000_001),
                        state("WAITING", 3, 1_000)),
                List.of(state("OPEN", open.size(), -77_000_001)),
                open,
                information.toList(),
                List.of(
                        new DayReport.Flight(
                                ALICE,
                                "payment_hash:" + "ab".repeat(32),
                                2,
                                BigInteger.valueOf(-25_000_000),
                                871_234)),
                List.of(
                        channel("scid:958000000000000001", 1_500, -400),
                        channel("channel:" + "cd".repeat(32) + ":0", 0, -1_234_567)),
                List.of(
                        new DayReport.Posted(
                                "rounding", "rounding", new Sum(12, BigInteger.valueOf(-4_321))),
                        new DayReport.Posted(
                                "book",
                                "books:sales",
                                new Sum(99, BigInteger.valueOf(-900_000_000)))),
                BigInteger.valueOf(-77_000_001),
                BigInteger.valueOf(-77_000_001));
    }

    private static Bridge bridge(String node, long start) {
        Places opening =
                new Places(
                        BigInteger.valueOf(start),
                        BigInteger.valueOf(start / 3),
                        BigInteger.valueOf(330_000));
        List<Movement> movements =
                List.of(
                        new Movement("fee", 31, places(-31_337, 0, 0)),
                        new Movement("in", 144, places(123_456_789, 0, 0)),
                        new Movement("wallet out", 2, places(0, -1_000_000_000, 0)));
        Places closing = movements.stream().map(Movement::msat).reduce(opening, Places::plus);
        long channels = closing.channelsMsat().longValueExact();
        long wallet = closing.walletMsat().longValueExact();
        return new Bridge(
                node,
                opening,
                movements,
                closing,
                Optional.of(
                        new DayReport.OwnFigures(
                                TO.minusSeconds(61),
                                BigInteger.valueOf(20_000),
                                BigInteger.ZERO,
                                OptionalLong.of(2_810_000),
                                OptionalLong.of(channels - 2_830_000),
                                OptionalLong.of(channels - 2_830_000),
                                OptionalLong.of(0),
                                wallet,
                                wallet,
                                0,
                                "",
                                3,
                                0,
                                0)));
    }

    private static Places places(long channels, long wallet, long limbo) {
        return new Places(
                BigInteger.valueOf(channels),
                BigInteger.valueOf(wallet),
                BigInteger.valueOf(limbo));
    }

    private static DayReport.ByState state(String state, long count, long msat) {
        return new DayReport.ByState(
                state,
                new Sum(count, BigInteger.valueOf(msat)),
                new Sum(count * 7, BigInteger.valueOf(msat * 7)));
    }

    private static DayReport.Channel channel(String place, long income, long cost) {
        return new DayReport.Channel(
                ALICE,
                place,
                new Sum(3, BigInteger.valueOf(income)),
                new Sum(2, BigInteger.valueOf(cost)),
                Sum.NOTHING,
                Sum.NOTHING,
                new Sum(1, BigInteger.valueOf(-141_000)));
    }

    private static History history(Facts facts, String alice, String bob, String text) {
        Sum open = new Sum(facts.open().size(), facts.openMsat());
        Sum closed = new Sum(4, BigInteger.valueOf(5_000_000));
        List<Covered> coverage = new ArrayList<>();
        for (String stream : List.of("FORWARDS", "INVOICES", "PAYMENTS")) {
            coverage.add(new Covered(BOB, bob, stream, Optional.of(TO.plusSeconds(9)), false));
            coverage.add(new Covered(ALICE, alice, stream, Optional.of(TO.plusSeconds(7)), false));
        }
        return new History(
                318,
                290,
                "4e07".repeat(16),
                Optional.of(TO.plusSeconds(540)),
                OptionalInt.of(3),
                false,
                coverage,
                closed,
                open,
                Sum.NOTHING,
                Sum.NOTHING,
                closed,
                Sum.NOTHING,
                Sum.NOTHING,
                open,
                List.of(
                        new DayReport.Decided(
                                "d-1",
                                "IGNORE",
                                "anna",
                                TO.minusSeconds(500),
                                text.toLowerCase(Locale.ROOT),
                                "aa".repeat(32),
                                ALICE,
                                "payment_hash:" + "aa".repeat(32),
                                0,
                                "",
                                "",
                                Optional.of(TO.plusSeconds(86_400)))),
                List.of(new DayReport.PriorPeriod(ALICE, "in", 2, places(4_567, 0, 0))),
                List.of(
                        new DayReport.PriorReferences(
                                "AGREED", new Sum(2, BigInteger.valueOf(4_567)))),
                List.of(
                        new DayReport.Proofs(BOB, 24, 24, 0, 0, 0),
                        new DayReport.Proofs(ALICE, 24, 20, 0, 1, 3)));
    }
}
