package tallystick.ops.cli;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tallystick.db.report.ChannelReader;
import tallystick.db.report.ChannelResults;
import tallystick.db.report.ChannelResults.ChannelResult;
import tallystick.db.report.ChannelResults.NodeChange;
import tallystick.db.report.ChannelResults.State;
import tallystick.ops.config.Settings;
import tallystick.report.ChannelCsv;
import tallystick.report.ChannelJson;
import tallystick.report.ChannelTable;

@Command(
        name = "channels",
        mixinStandardHelpOptions = true,
        description = {
            "Shows what each channel cost and earned, from its opening to its end, and that it adds up to what the node holds.",
            "A wide terminal shows more figures, csv and json show all."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick channels",
            "  ./tallystick channels --node alice --all",
            "  ./tallystick channels --all --format csv > channels.csv"
        })
final class ChannelsCommand implements Callable<Integer> {
    @Mixin private final CommonOptions common = new CommonOptions();

    @Option(
            names = "--node",
            paramLabel = "NODE",
            description = "alias, or first digits of the key")
    private @Nullable String node;

    @Option(names = "--all", description = "the closed ones too, each in its line")
    private boolean all;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
    private Format format = Format.TABLE;

    enum Format {
        TABLE,
        CSV,
        JSON;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Override
    public Integer call() throws InterruptedException {
        Settings settings = LedgerView.settings(common);
        ChannelResults results =
                narrowed(
                        LedgerView.with(
                                settings,
                                (ledger, _) -> new ChannelReader(ledger.dataSource()).read()));
        common.out().print(text(results, LedgerView.asOf(settings)));
        common.out().flush();
        return ExitCode.OK;
    }

    private ChannelResults narrowed(ChannelResults results) {
        return node == null
                ? results
                : results.of(
                        NodeChoice.of(
                                node, results.nodes(), NodeChange::pubkey, NodeChange::alias));
    }

    private String text(ChannelResults results, Instant asOf) {
        List<ChannelResult> shown =
                results.channels().stream()
                        .filter(one -> all || one.state() != State.CLOSED)
                        .toList();
        return switch (format) {
            case TABLE -> new ChannelTable(Styles.ofStdout()).render(results, asOf, all);
            case CSV -> new ChannelCsv().render(shown);
            case JSON -> new ChannelJson().render(results, shown, asOf);
        };
    }
}
