package tallystick.report.day;

import static java.util.Comparator.comparing;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tallystick.db.report.DayReading.Sum;
import tallystick.db.report.NodeInSentence;
import tallystick.ledger.NodeId;
import tallystick.ledger.mismatch.Verdict;
import tallystick.report.day.DayReport.Proven;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.OpenMismatches;
import tallystick.report.figures.PlainText;
import tallystick.report.figures.Register;
import tallystick.report.figures.Severity;
import tallystick.report.figures.Shares;
import tallystick.report.figures.Standing;
import tallystick.report.figures.Standings;
import tallystick.report.figures.Times;

/// What the template of the daily report prints.
///
/// @param trend open mismatches of the days before and of this one, oldest first
/// @param listed how many rows a list has at most; sums are of all
public record DayPage(DayReport report, List<Point> trend, String stylesheet, int listed) {
    private static final Duration DAY = Duration.ofDays(1);
    private static final int BARS_HEIGHT = 80;
    private static final int SHORT = 8;

    /// Of text on paper; of one digit, in bold; beside an amount; and what a column can take, as four of them stand side by side.
    private static final double TEXT_POINTS = 8.5;

    private static final double SIGN_POINTS = 5.0;
    private static final double GAP_POINTS = 9;
    private static final double COLUMN_LEAST_POINTS = 60;
    private static final double COLUMN_MOST_POINTS = 94;

    public DayPage {
        trend = List.copyOf(trend);
    }

    /// One day of the trend.
    public record Point(LocalDate day, long open, BigInteger msat) {}

    /// Open mismatches of one age.
    public record Age(String label, String style, String fill, Sum sum) {}

    /// Open mismatches of one code.
    public record OfCode(
            String code, String label, Severity severity, Sum sum, BigInteger residueMsat) {
        private OfCode plus(OfCode other) {
            return new OfCode(
                    code, label, severity, sum.plus(other.sum), residueMsat.add(other.residueMsat));
        }
    }

    /// References of one state.
    public record State(String sign, String label, Sum within, Sum whole) {}

    /// A bar of a chart.
    public record Bar(int x, int y, int width, int height, String label, String value) {}

    /// A line between what the ledger says of a node at the day's end and what the node says itself.
    ///
    /// @param channelsMsat empty when not every channel could be told
    /// @param isSum true where the lines since the one before come to it
    public record ToTheNode(
            String label, Optional<BigInteger> channelsMsat, BigInteger walletMsat, boolean isSum) {
        public boolean isNothing() {
            return channelsMsat.filter(one -> one.signum() != 0).isEmpty()
                    && walletMsat.signum() == 0;
        }
    }

    /// From the closing to the node's own figures; empty when the node has said none. What moved nothing is left out.
    public List<ToTheNode> toTheNode(DayReport.Bridge bridge) {
        if (bridge.ownFigures().isEmpty()) {
            return List.of();
        }
        DayReport.OwnFigures own = bridge.ownFigures().get();
        return Stream.of(
                        new ToTheNode(
                                "Moved after the reading",
                                Optional.of(own.channelsSinceMsat().negate()),
                                own.walletSinceMsat().negate(),
                                false),
                        new ToTheNode(
                                "Commitment fees, anchors",
                                boxed(own.commitmentsMsat()).map(BigInteger::negate),
                                BigInteger.ZERO,
                                false),
                        new ToTheNode(
                                "As the node counts",
                                boxed(own.channelsLedgerMsat()),
                                BigInteger.valueOf(own.walletLedgerMsat()),
                                true),
                        new ToTheNode(
                                "The node itself",
                                boxed(own.channelsNodeMsat()),
                                BigInteger.valueOf(own.walletNodeMsat()),
                                true),
                        new ToTheNode(
                                "Residual",
                                boxed(own.channelsResidualMsat()),
                                BigInteger.valueOf(own.walletResidualMsat()),
                                true))
                .filter(line -> line.isSum() || !line.isNothing())
                .toList();
    }

    private static Optional<BigInteger> boxed(OptionalLong msat) {
        return msat.isPresent()
                ? Optional.of(BigInteger.valueOf(msat.getAsLong()))
                : Optional.empty();
    }

    public String title() {
        return "Daily report, " + Times.inWords(report.facts().day());
    }

    public String name(String pubkey) {
        return report.nodeName(pubkey);
    }

    /// A sentence with nodes as people call them: the facts know their keys alone.
    public String sentence(String text) {
        String named = text;
        for (DayReport.Covered one : report.history().coverage()) {
            named = NodeInSentence.named(named, one.node(), one.alias());
        }
        return named;
    }

    /// The ledger's name within a string of a stylesheet: it is text from outside.
    public String ledgerInStyle() {
        StringBuilder text = new StringBuilder();
        PlainText.oneLine(report.facts().ledger())
                .codePoints()
                .forEach(
                        point -> {
                            if (Character.isLetterOrDigit(point) && point < 0x80) {
                                text.appendCodePoint(point);
                            } else {
                                text.append("\\%x ".formatted(point));
                            }
                        });
        return text.toString();
    }

    /// How wide columns of amounts are on paper, so that none wraps, in a stylesheet's words. Where the longest amount is
    /// longer than a column can be, it is printed smaller.
    public String columnsOnPaper() {
        int signs = longest("", "");
        double smaller = Math.min(1, (width(signs) - GAP_POINTS) / (signs * SIGN_POINTS));
        return String.format(
                Locale.ROOT,
                "thead th.n { width: %.1fpt; } .reg thead th.n { width: %.1fpt; } .reg thead th.all { width: %.1fpt; } td.n { font-size: %.2fpt; }",
                width(signs),
                width(
                        Math.max(
                                longest("4-mismatches", "node_msat"),
                                longest("4-mismatches", "books_msat"))),
                width(longest("4-mismatches", "amount_msat")),
                smaller * TEXT_POINTS);
    }

    private static double width(int signs) {
        return Math.clamp(
                signs * SIGN_POINTS + GAP_POINTS, COLUMN_LEAST_POINTS, COLUMN_MOST_POINTS);
    }

    /// How many signs the longest amount has, of the tables and columns whose names begin so.
    private int longest(String tables, String columns) {
        return DayTables.of(report).stream()
                .filter(table -> table.name().startsWith(tables))
                .flatMapToInt(table -> lengths(table, columns))
                .max()
                .orElse(0);
    }

    private static IntStream lengths(DayTable table, String columns) {
        DayTable summed = table.withSum();
        return IntStream.range(0, table.columns().size())
                .filter(i -> table.columns().get(i).isAmount())
                .filter(i -> table.columns().get(i).name().startsWith(columns))
                .flatMap(i -> lengths(summed, i));
    }

    /// Of the amounts of a column, as they are printed.
    private static IntStream lengths(DayTable table, int column) {
        return table.rows().stream()
                .map(row -> row.cells().get(column))
                .filter(cell -> !cell.isEmpty())
                .mapToInt(cell -> Amounts.PAGE.signedSat(new BigInteger(cell)).length());
    }

    /// Of a list what is listed: its first.
    public <T> List<T> printed(List<T> all) {
        return all.subList(0, Math.min(all.size(), listed));
    }

    /// How many of a list are not listed.
    public int unprinted(List<?> all) {
        return Math.max(0, all.size() - listed);
    }

    /// The channels that are listed; where they are too many, those that earned and cost most.
    public List<DayReport.Channel> channels() {
        List<DayReport.Channel> all = report.facts().channels();
        return all.size() <= listed ? all : printed(byWeight(all));
    }

    /// Those that are not, added up.
    public DayReport.Channel otherChannels() {
        return byWeight(report.facts().channels()).stream()
                .skip(listed)
                .reduce(
                        new DayReport.Channel(
                                "",
                                "",
                                Sum.NOTHING,
                                Sum.NOTHING,
                                Sum.NOTHING,
                                Sum.NOTHING,
                                Sum.NOTHING),
                        (a, b) ->
                                new DayReport.Channel(
                                        "",
                                        "",
                                        a.income().plus(b.income()),
                                        a.routingFee().plus(b.routingFee()),
                                        a.rebalancingFee().plus(b.rebalancingFee()),
                                        a.openingFee().plus(b.openingFee()),
                                        a.closingCost().plus(b.closingCost())));
    }

    private static List<DayReport.Channel> byWeight(List<DayReport.Channel> channels) {
        return channels.stream().sorted(Comparator.comparing(DayPage::weight).reversed()).toList();
    }

    private static BigInteger weight(DayReport.Channel channel) {
        return Stream.of(
                        channel.income(),
                        channel.routingFee(),
                        channel.rebalancingFee(),
                        channel.openingFee(),
                        channel.closingCost())
                .map(sum -> sum.msat().abs())
                .reduce(BigInteger.ZERO, BigInteger::add);
    }

    /// The open mismatches that are listed, the worst first.
    public List<DayReport.Mismatch> list() {
        return printed(report.facts().open());
    }

    /// What is not listed.
    public Sum unlisted() {
        List<DayReport.Mismatch> open = report.facts().open();
        return open.stream()
                .skip(listed)
                .map(one -> new Sum(1, BigInteger.valueOf(one.amountMsat())))
                .reduce(Sum.NOTHING, Sum::plus);
    }

    /// The conclusion, in a few sentences.
    public String conclusion() {
        Sum agreed = ofTheDay().agreed();
        Sum all = all();
        int open = report.facts().open().size();
        String first =
                all.count() == 0
                        ? "Nothing was booked on this day."
                        : "%s of %s references of the day agree (%s by count)."
                                .formatted(
                                        Amounts.count(agreed.count()),
                                        Amounts.count(all.count()),
                                        Shares.percent(agreed.count(), all.count(), "–"));
        String second =
                open == 0
                        ? " No mismatch is open."
                        : " %s %s open over %s sat."
                                .formatted(
                                        Amounts.count(open),
                                        open == 1 ? "mismatch is" : "mismatches are",
                                        Amounts.PAGE.sat(report.facts().openMsat()));
        return first + second + " " + proof();
    }

    private String proof() {
        List<DayReport.Bridge> bridges = report.facts().bridges();
        if (bridges.isEmpty() || bridges.stream().anyMatch(one -> one.ownFigures().isEmpty())) {
            return "Not every node has said its balances yet.";
        }
        Proven worst =
                bridges.stream()
                        .map(one -> one.ownFigures().orElseThrow().proven())
                        .max(Comparator.naturalOrder())
                        .orElseThrow();
        return switch (worst) {
            case EXACTLY -> "The balances of every node are proven exactly: residual 0 msat.";
            case EXPLAINED ->
                    "The balances of every node are proven but for what section 2 explains: "
                            + explained(bridges)
                            + ".";
            case NOT_KNOWN -> "Not every balance could be told, see section 2.";
            case NOT -> "Not every balance is proven, see section 2.";
        };
    }

    private String explained(List<DayReport.Bridge> bridges) {
        return bridges.stream()
                .filter(one -> one.ownFigures().orElseThrow().wallet() == Proven.EXPLAINED)
                .map(
                        one ->
                                "%s msat of %s's wallet"
                                        .formatted(
                                                Amounts.PAGE.msat(
                                                        one.ownFigures()
                                                                .orElseThrow()
                                                                .walletResidualMsat()),
                                                who(one.node())))
                .collect(Collectors.joining(", "));
    }

    /// What is proven of a node, and how: exactly, within the node's rounding, or explained.
    public String proofInWords(DayReport.OwnFigures own) {
        List<String> sentences = new ArrayList<>();
        sentences.add(
                "Read last before the end of the day at %s."
                        .formatted(Times.stamp(own.observedAt())));
        sentences.add(
                own.channelsResidualMsat().isPresent()
                        ? "All channels together: %s, residual %s msat."
                                .formatted(
                                        own.channels().word(),
                                        Amounts.PAGE.msat(own.channelsResidualMsat().getAsLong()))
                        : "All channels together: not known, as %s could not be told then."
                                .formatted(channels(own.channelsNotTold())));
        sentences.add(
                "Each by itself, which the node tells in whole satoshis: %s within that rounding, %s not."
                        .formatted(
                                channels(own.channelsWithinRounding()),
                                Amounts.count(own.channelsBeyondRounding())));
        sentences.add(
                "Wallet: %s, residual %s msat%s."
                        .formatted(
                                own.wallet().word(),
                                Amounts.PAGE.msat(own.walletResidualMsat()),
                                own.wallet() == Proven.EXPLAINED
                                        ? ", explained by " + own.walletExplanation()
                                        : ""));
        return String.join(" ", sentences);
    }

    private static String channels(long count) {
        return Amounts.count(count) + (count == 1 ? " channel" : " channels");
    }

    /// How many proofs there were since the report before, and how many of them were what.
    public static String proofsInWords(DayReport.Proofs one) {
        List<String> parts = new ArrayList<>();
        parts.add(Amounts.count(one.footed()) + " exact");
        if (one.explained() > 0) {
            parts.add(Amounts.count(one.explained()) + " exact but for what is explained");
        }
        if (one.incomplete() > 0) {
            parts.add(
                    Amounts.count(one.incomplete())
                            + " in which a channel moved or closed while the node was read");
        }
        if (one.off() > 0) {
            parts.add(
                    Amounts.count(one.off()) + (one.driftMsat() == 0 ? " off for a time" : " off"));
        }
        return "%s %s since the report before: %s; drift %s msat."
                .formatted(
                        Amounts.count(one.made()),
                        one.made() == 1 ? "proof" : "proofs",
                        String.join(", ", parts),
                        Amounts.PAGE.msat(one.driftMsat()));
    }

    public Sum all() {
        return ofTheDay().total();
    }

    public Sum allToTheEnd() {
        return toTheEnd().total();
    }

    private Standings ofTheDay() {
        return Standings.of(
                report.facts().references().stream().map(one -> row(one, one.within())));
    }

    private Standings toTheEnd() {
        return Standings.of(report.facts().references().stream().map(one -> row(one, one.whole())));
    }

    private static Standings.Row row(DayReport.ByState one, Sum sum) {
        return new Standings.Row(Standing.of(Verdict.State.valueOf(one.state())), sum);
    }

    /// Every standing, also those that nothing has; rare ones only where something has them.
    public List<State> states() {
        List<State> result = new ArrayList<>();
        for (Standings.Row row : ofTheDay().rows()) {
            Standing standing = row.standing();
            Sum whole = toTheEnd().of(standing);
            if (!standing.isRare() || !whole.isNothing()) {
                result.add(new State(standing.sign(), standing.label(), row.sum(), whole));
            }
        }
        return result;
    }

    /// How the open mismatches go together with the open references.
    public String openInWords() {
        return OpenMismatches.of(
                        report.facts().open().stream()
                                .map(
                                        one ->
                                                new OpenMismatches.Open(
                                                        one.code(),
                                                        one.amountMsat(),
                                                        one.nodeMsat(),
                                                        one.booksMsat())))
                .inWords();
    }

    /// The residue belongs to the item: of several mismatches of one item only the first counts it.
    public List<OfCode> byCode() {
        Map<String, OfCode> result = new LinkedHashMap<>();
        Set<String> counted = new HashSet<>();
        for (DayReport.Mismatch one : report.facts().open()) {
            boolean isFirst = counted.add(Register.item(one.node(), one.reference()));
            result.merge(
                    one.severity() + " " + one.code(),
                    new OfCode(
                            one.code(),
                            one.label(),
                            Severity.of(one.severity()),
                            new Sum(1, BigInteger.valueOf(one.amountMsat())),
                            isFirst ? BigInteger.valueOf(one.residueMsat()) : BigInteger.ZERO),
                    OfCode::plus);
        }
        return result.values().stream()
                .sorted(
                        comparing(OfCode::severity)
                                .thenComparing(
                                        comparing((OfCode one) -> one.sum().msat()).reversed())
                                .thenComparing(OfCode::code))
                .toList();
    }

    /// By age at the end of the day, the oldest last.
    public List<Age> ages() {
        return List.of(
                age("less than 1 day", "t4", "#c9cdd2", Duration.ZERO, DAY),
                age("1 to 3 days", "t3", "#9aa1a9", DAY, DAY.multipliedBy(3)),
                age("3 to 7 days", "t2", "#5d646d", DAY.multipliedBy(3), DAY.multipliedBy(7)),
                age("over 7 days", "t1", "#17191c", DAY.multipliedBy(7), Duration.ofDays(36_525)));
    }

    private Age age(String label, String style, String fill, Duration from, Duration to) {
        Sum sum = Sum.NOTHING;
        for (DayReport.Mismatch one : report.facts().open()) {
            Duration age = age(one.since());
            if (age.compareTo(from) >= 0 && age.compareTo(to) < 0) {
                sum = sum.plus(new Sum(1, BigInteger.valueOf(one.amountMsat())));
            }
        }
        return new Age(label, style, fill, sum);
    }

    private Duration age(Instant since) {
        Duration age = Duration.between(since, report.facts().to());
        return age.isNegative() ? Duration.ZERO : age;
    }

    /// The chart of ages, by count.
    public List<Bar> ageBars() {
        List<Bar> bars = new ArrayList<>();
        long most = ages().stream().mapToLong(one -> one.sum().count()).max().orElse(0);
        for (int i = 0; i < ages().size(); i++) {
            Age one = ages().get(i);
            int height = height(one.sum().count(), most);
            bars.add(
                    new Bar(
                            10 + i * 180,
                            100 - height,
                            150,
                            height,
                            one.label(),
                            Amounts.count(one.sum().count())));
        }
        return bars;
    }

    /// The chart of days, by count.
    public List<Bar> trendBars() {
        List<Bar> bars = new ArrayList<>();
        long most = trend.stream().mapToLong(Point::open).max().orElse(0);
        int step = 720 / Math.max(1, trend.size());
        for (int i = 0; i < trend.size(); i++) {
            Point one = trend.get(i);
            int height = height(one.open(), most);
            bars.add(
                    new Bar(
                            10 + i * step,
                            100 - height,
                            Math.max(4, Math.min(60, step - 8)),
                            height,
                            one.day().toString().substring(5),
                            Amounts.count(one.open())));
        }
        return bars;
    }

    private static int height(long count, long most) {
        return most == 0 ? 0 : Math.max(count == 0 ? 0 : 1, (int) (count * BARS_HEIGHT / most));
    }

    /// How long after the day's end its report is due: `10 min`.
    public String cutOff() {
        Instant to = report.facts().to();
        return Times.age(to, to.plusSeconds(report.seal().cutOffSeconds()));
    }

    /// What a movement's kind is called.
    public static String label(String kind) {
        String text =
                switch (kind) {
                    case "in" -> "received";
                    case "fee" -> "routing fees paid";
                    case "income" -> "routing income";
                    case "open" -> "channels opened";
                    case "open fee" -> "miner fees of openings";
                    case "return" -> "returned from closed channels";
                    case "cost" -> "cost of closes";
                    case "closing out" -> "channels ended, to limbo";
                    case "closing in" -> "channels ended, in limbo";
                    case "wallet in" -> "received on chain";
                    case "wallet out" -> "sent on chain";
                    default -> kind;
                };
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    /// `scid:…` as people write it: block, transaction, output.
    public static String channel(String place) {
        if (!place.startsWith("scid:")) {
            return place.replaceFirst("^(channel|limbo):", "");
        }
        long id = Long.parseUnsignedLong(place.substring("scid:".length()));
        return "%d×%d×%d".formatted(id >>> 40, (id >>> 16) & 0xff_ffff, id & 0xffff);
    }

    /// Eight digits of bitcoin and three of msat: `0.13578541646`.
    public static String btc(BigInteger msat) {
        return new BigDecimal(msat, 11).toPlainString().replace('-', '−');
    }

    /// What people set aside or settled.
    public List<DayReport.Decided> settled() {
        return report.history().decisions().stream()
                .filter(one -> one.kind().equals("IGNORE") || one.kind().equals("RESOLVE"))
                .toList();
    }

    /// Signatures of this report with which something was said.
    public List<DayReport.Signature> comments() {
        return Stream.concat(report.prepared().stream(), report.reviewed().stream())
                .filter(one -> !one.comment().isEmpty())
                .toList();
    }

    /// Digest of this report's seal; empty when the ledger does not hold the report.
    public String sealDigest() {
        return report.signOff().editions().stream()
                .filter(one -> one.number() == report.seal().edition())
                .map(DayReport.Edition::sealDigest)
                .findFirst()
                .orElse("");
    }

    public List<DayReport.Decided> adjustments() {
        return report.history().decisions().stream()
                .filter(one -> one.adjustmentMsat() != 0)
                .toList();
    }

    /// Who approved a decision; empty while nobody did.
    public String approvedBy(DayReport.Decided decision) {
        return report.history().decisions().stream()
                .filter(one -> one.approves().equals(decision.id()))
                .map(DayReport.Decided::person)
                .findFirst()
                .orElse("");
    }

    /// A key of a node that is not told by an alias.
    public static String shortKey(String pubkey) {
        return pubkey.isEmpty() ? "no node" : new NodeId(pubkey).pubkey().substring(0, SHORT) + "…";
    }

    /// The name of a node, else the beginning of its key.
    public String who(String pubkey) {
        String name = name(pubkey);
        return name.isEmpty() ? shortKey(pubkey) : name;
    }

    /// Postings to accounts other than the books', such as rounding.
    public List<DayReport.Posted> ownPostings() {
        return report.facts().accounts().stream()
                .filter(one -> !one.account().startsWith("books:"))
                .sorted(Comparator.comparing(DayReport.Posted::account))
                .toList();
    }
}
