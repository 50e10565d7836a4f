package tallystick.report;

import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import tallystick.db.report.ChannelResults.ChannelResult;

/// What channels cost and earned as CSV (RFC 4180, UTF-8), open ones first, one line each. Columns are only ever added, at the
/// end. Amounts are msat integers. Any thread.
public final class ChannelCsv {
    private static final List<String> COLUMNS =
            List.of(
                    "node",
                    "channel",
                    "state",
                    "opened_msat",
                    "open_fee_msat",
                    "push_in_msat",
                    "push_out_msat",
                    "received_msat",
                    "sent_msat",
                    "fees_msat",
                    "rebalanced_in_msat",
                    "rebalanced_out_msat",
                    "forwarded_in_msat",
                    "forwarded_out_msat",
                    "routing_income_msat",
                    "returned_msat",
                    "close_cost_msat",
                    "balance_msat",
                    "limbo_msat",
                    "result_msat",
                    "begun_msat");

    public String render(List<ChannelResult> channels) {
        return CsvText.of(
                COLUMNS,
                channels.stream().sorted(ChannelTable.ORDER).map(ChannelCsv::line).toList());
    }

    private static List<String> line(ChannelResult one) {
        return Stream.concat(
                        Stream.of(one.node(), one.channel(), one.state().name()),
                        amounts(one).mapToObj(Long::toString))
                .toList();
    }

    private static LongStream amounts(ChannelResult one) {
        return LongStream.of(
                one.opened(),
                one.openFee(),
                one.pushIn(),
                one.pushOut(),
                one.received(),
                one.sent(),
                one.fees(),
                one.rebalancedIn(),
                one.rebalancedOut(),
                one.forwardedIn(),
                one.forwardedOut(),
                one.routingIncome(),
                one.returned(),
                one.closeCost(),
                one.balance(),
                one.limbo(),
                one.result(),
                one.begun());
    }

    /// The names of the columns and, in the same order, the amounts that stand under them: the same for every format.
    static void forEach(ChannelResult one, Amount each) {
        long[] values = amounts(one).toArray();
        int texts = COLUMNS.size() - values.length;
        for (int i = 0; i < values.length; i++) {
            each.take(COLUMNS.get(texts + i), values[i]);
        }
    }

    /// Takes a figure. Unit: msat.
    interface Amount {
        void take(String name, long msat);
    }
}
