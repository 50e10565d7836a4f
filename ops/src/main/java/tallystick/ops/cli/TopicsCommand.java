package tallystick.ops.cli;

import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tallystick.kafka.TopicAcl;
import tallystick.kafka.TopicAdmin;
import tallystick.kafka.TopicPlan;
import tallystick.kafka.TopicSettings;
import tallystick.ops.config.Resolved;
import tallystick.ops.embedded.EmbeddedServices.Service;
import tallystick.ops.pipeline.Workplace;

@Command(
        name = "topics",
        mixinStandardHelpOptions = true,
        description = "The Kafka topics of the contract.",
        subcommands = {TopicsCommand.Create.class, TopicsCommand.ListThem.class})
final class TopicsCommand extends CommandGroup {
    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description = {
                "Makes the topics that are absent and changes none that exist.",
                "A topic with another number of partitions is refused: the number is fixed."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  ./tallystick topics create --print",
                "  ./tallystick topics create --set kafka.bootstrap-servers=broker:9092 \\",
                "      --set kafka.replication=3"
            })
    static final class Create implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Option(
                names = "--print",
                description = "only print what would be made, and the permissions each part needs")
        private boolean print;

        @Override
        public Integer call() throws InterruptedException {
            PrintWriter out = common.out();
            if (print) {
                printPlan(out, Resolved.topics(common.read().settings()));
                return ExitCode.OK;
            }
            try (var workplace = Workplace.share(common.settings(), EnumSet.of(Service.KAFKA))) {
                List<String> made =
                        new TopicAdmin(workplace.kafka(), workplace.topics()).createAbsent();
                made.forEach(name -> out.printf("created %s%n", name));
                out.printf("%d created%n", made.size());
                out.flush();
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Shows the topics as the broker has them.",
            footerHeading = "%nExamples:%n",
            footer = "  ./tallystick topics list")
    static final class ListThem implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Override
        public Integer call() throws InterruptedException {
            PrintWriter out = common.out();
            try (var workplace = Workplace.share(common.settings(), EnumSet.of(Service.KAFKA))) {
                var topics = new TopicAdmin(workplace.kafka(), workplace.topics()).list();
                header(out);
                for (var found : topics) {
                    line(
                            out,
                            found.name(),
                            found.partitions(),
                            found.replication(),
                            found.cleanup(),
                            found.retentionMillis());
                }
                out.flush();
            }
            return ExitCode.OK;
        }
    }

    private static void printPlan(PrintWriter out, TopicSettings settings) {
        header(out);
        for (TopicPlan plan : TopicPlan.all(settings)) {
            line(
                    out,
                    plan.name(),
                    plan.partitions(),
                    plan.replication(),
                    String.valueOf(plan.settings().get("cleanup.policy")),
                    plan.settings().getOrDefault("retention.ms", "-"));
        }
        out.printf("%nSettings of each topic%n");
        for (TopicPlan plan : TopicPlan.all(settings)) {
            out.printf("%-36s %s%n", plan.name(), new TreeMap<>(plan.settings()));
        }
        out.printf("%nPermissions where the broker asks for them; * stands for any ending%n");
        out.printf("%-15s %-33s %-17s %s%n", "part", "operations", "resource", "name");
        for (TopicAcl acl : TopicAcl.all(settings)) {
            out.printf(
                    "%-15s %-33s %-17s %s%n",
                    acl.part().name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '),
                    acl.operations(),
                    acl.resource(),
                    acl.name());
        }
        out.flush();
    }

    private static void header(PrintWriter out) {
        out.printf("%-36s %10s %6s  %-8s %s%n", "topic", "partitions", "copies", "cleanup", "kept");
    }

    private static void line(
            PrintWriter out,
            String name,
            int partitions,
            int copies,
            String cleanup,
            String retentionMillis) {
        String kept =
                switch (retentionMillis) {
                    case "-1" -> "for ever";
                    case "-" -> "newest of each key";
                    default ->
                            cleanup.equals("compact")
                                    ? "newest of each key"
                                    : java.time.Duration.ofMillis(Long.parseLong(retentionMillis))
                                                    .toDays()
                                            + " days";
                };
        out.printf("%-36s %10d %6d  %-8s %s%n", name, partitions, copies, cleanup, kept);
    }
}
