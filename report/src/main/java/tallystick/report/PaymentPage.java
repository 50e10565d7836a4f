package tallystick.report;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tallystick.ledger.Msat;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.Payment.Attempt;
import tallystick.ledger.refund.Fate;
import tallystick.ledger.refund.PaymentReading;
import tallystick.ledger.refund.Refund;
import tallystick.ledger.refund.Refund.Verdict;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.Hashes;
import tallystick.report.figures.NodeNames;
import tallystick.report.figures.Times;
import tallystick.report.terminal.Cell;
import tallystick.report.terminal.Column;
import tallystick.report.terminal.Ink;
import tallystick.report.terminal.TerminalStyle;
import tallystick.report.terminal.TextPage;
import tallystick.report.terminal.TextTable;

/// One payment for a terminal: of each node that made it its attempts, and whether its money may be paid in another way.
public final class PaymentPage {
    private static final Amounts AMOUNTS = Amounts.TERMINAL;
    private static final List<Column> COLUMNS =
            List.of(
                    Column.text("Attempt"),
                    Column.text("Channel").cutTo(17),
                    Column.number("Amount, sat"),
                    Column.number("Fee, sat"),
                    Column.text("State"),
                    Column.number("Expires at block"));

    private final TerminalStyle style;

    public PaymentPage(TerminalStyle style) {
        this.style = style;
    }

    /// @param readings of one hash, one of each node that made the payment
    public String render(String hash, List<PaymentReading> readings) {
        TextPage page = new TextPage(style);
        page.say("Payment " + hash);
        for (PaymentReading reading : readings) {
            page.blank();
            add(page, reading);
        }
        if (readings.size() > 1) {
            page.blank();
            page.say(
                    readings.stream().allMatch(one -> one.refund().verdict() == Verdict.SAFE)
                            ? "Safe to refund: at each of the %d nodes.".formatted(readings.size())
                            : "Not safe to refund: not at each of the %d nodes."
                                    .formatted(readings.size()));
        }
        return page.toString();
    }

    private void add(TextPage page, PaymentReading reading) {
        Payment payment = reading.payment();
        page.say(
                "%s: %s, %s sat, fee %s sat. Payments are read until %s, channels until %s, block %s."
                        .formatted(
                                NodeNames.name(reading.node().pubkey(), reading.alias()),
                                words(payment.state().name()),
                                AMOUNTS.sat(payment.amount().value()),
                                AMOUNTS.sat(payment.fee().value()),
                                reading.readUntil().map(Times::stamp).orElse("(not known)"),
                                reading.chain().readUntil().map(Times::stamp).orElse("(not known)"),
                                reading.chain().height()));
        if (!payment.attempts().isEmpty()) {
            page.blank();
            page.table(attempts(reading));
        }
        page.blank();
        addAnswer(page, reading.refund());
    }

    private TextTable attempts(PaymentReading reading) {
        TextTable table = new TextTable(style, COLUMNS);
        for (Map.Entry<Long, Attempt> one : reading.payment().attempts().entrySet()) {
            Attempt attempt = one.getValue();
            table.row(
                    Cell.of(Long.toUnsignedString(one.getKey())),
                    Cell.of(channel(reading, attempt)),
                    Cell.of(AMOUNTS.sat(amount(attempt).value())),
                    Cell.of(AMOUNTS.sat(attempt.fee().value())),
                    new Cell(words(attempt.state().name()), ink(attempt.state())),
                    Cell.of(Integer.toString(attempt.expiryHeight())));
        }
        return table.doubleRule();
    }

    private static Ink ink(HtlcState state) {
        return state == HtlcState.IN_FLIGHT ? Ink.WARN : Ink.PLAIN;
    }

    /// Without the fee.
    static Msat amount(Attempt attempt) {
        return Msat.of(Math.subtractExact(attempt.total().value(), attempt.fee().value()));
    }

    private static String channel(PaymentReading reading, Attempt attempt) {
        return Optional.ofNullable(reading.channelPoints().get(attempt.chanId()))
                .map(point -> Hashes.bare("channel:" + point))
                .orElse("scid:" + Long.toUnsignedString(attempt.chanId()));
    }

    private static String words(String name) {
        return name.toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static void addAnswer(TextPage page, Refund refund) {
        switch (refund.verdict()) {
            case SAFE ->
                    page.say(
                            "",
                            "Safe to refund: it failed, and nobody can claim any of it any more, unless it is tried again.",
                            Ink.GOOD);
            case PAID -> {
                page.say("", "Not safe to refund: it was paid.", Ink.BAD);
                refund.fates()
                        .forEach(
                                (id, fate) -> {
                                    if (fate instanceof Fate.Claimed claimed) {
                                        page.say(
                                                "  ",
                                                "attempt %s: %s."
                                                        .formatted(
                                                                Long.toUnsignedString(id),
                                                                claimed.words()),
                                                Ink.PLAIN);
                                    }
                                });
            }
            case NOT_YET -> {
                page.say("", "Not yet safe to refund. It waits for", Ink.WARN);
                refund.waitsFor().forEach(one -> page.say("  - ", one, Ink.PLAIN));
                refund.finalAt()
                        .ifPresent(
                                height ->
                                        page.say(
                                                "Unless it is taken back sooner, its failure cannot be final before block %d."
                                                        .formatted(height)));
            }
        }
    }
}
