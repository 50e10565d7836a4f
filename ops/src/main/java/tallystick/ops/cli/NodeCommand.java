package tallystick.ops.cli;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.NodeConfig;
import tallystick.ingest.check.NodeCheck;
import tallystick.ingest.check.NodeReport;
import tallystick.ops.config.ConfigurationException;
import tallystick.ops.config.Resolved;

@Command(
        name = "node",
        description = "The Lightning nodes that are followed.",
        mixinStandardHelpOptions = true,
        subcommands = NodeCommand.Check.class)
final class NodeCommand extends CommandGroup {
    @Command(
            name = "check",
            mixinStandardHelpOptions = true,
            description = {
                "Connects to each configured node and says how it stands: version, network, sync, certificate, and what its macaroon grants.",
                "Only reads. Warns of a macaroon that can do more than that. Exit code 2 when somebody must change something, 69 when a node is not there or not ready."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  ./tallystick node check",
                "  ./tallystick node check alice --json",
                "  ./tallystick node check --set nodes.alice.address=10.0.0.5:10009 \\",
                "      --set nodes.alice.tls-certificate=alice/tls.cert \\",
                "      --set nodes.alice.macaroon=alice/tallystick.macaroon"
            })
    static final class Check implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Parameters(
                paramLabel = "ALIAS",
                arity = "0..*",
                description = "only these nodes (default: all)")
        private List<String> aliases = new ArrayList<>();

        @Option(names = "--json", description = "for programs")
        private boolean json;

        @Override
        public Integer call() throws Exception {
            List<NodeReport> reports = check(chosen());
            common.out()
                    .print(
                            json
                                    ? NodeCheckText.json(reports)
                                    : new NodeCheckText(Styles.ofStdout()).render(reports));
            common.out().flush();
            return exitCode(reports);
        }

        private List<NodeConfig> chosen() {
            List<NodeConfig> nodes = Resolved.ingest(common.read().settings()).nodes();
            if (nodes.isEmpty()) {
                throw new ConfigurationException(
                        List.of(
                                "nodes: none (expected: at least one, as nodes.<alias>.address, .tls-certificate and .macaroon)"));
            }
            List<String> known = nodes.stream().map(NodeConfig::alias).toList();
            for (String alias : aliases) {
                if (!known.contains(alias)) {
                    throw new CommandException(
                            ExitCode.BAD_INPUT,
                            "node: %s (expected: one of %s)"
                                    .formatted(alias, String.join(", ", known)));
                }
            }
            return nodes.stream()
                    .filter(node -> aliases.isEmpty() || aliases.contains(node.alias()))
                    .toList();
        }

        /// All at once, since one that does not answer takes its time.
        private static List<NodeReport> check(List<NodeConfig> nodes) throws Exception {
            var check = new NodeCheck(InstantSource.system());
            try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<NodeReport>> asked =
                        nodes.stream()
                                .map(node -> executor.submit(() -> check.check(node)))
                                .toList();
                List<NodeReport> reports = new ArrayList<>();
                for (Future<NodeReport> report : asked) {
                    reports.add(report.get());
                }
                return reports;
            } catch (ExecutionException e) {
                throw e.getCause() instanceof Exception cause ? cause : e;
            }
        }

        /// What somebody must change weighs more than what may pass.
        private static int exitCode(List<NodeReport> reports) {
            List<ErrorCode> troubles =
                    reports.stream().flatMap(report -> report.trouble().stream()).toList();
            if (troubles.isEmpty()) {
                return ExitCode.OK;
            }
            return troubles.contains(ErrorCode.USER) ? ExitCode.BAD_INPUT : ExitCode.UNAVAILABLE;
        }
    }
}
