package tallystick.ops.cli;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tallystick.kafka.TopicAdmin;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.decision.Draft;
import tallystick.ops.config.DurationText;
import tallystick.ops.config.Settings;
import tallystick.ops.embedded.EmbeddedServices.Service;
import tallystick.ops.pipeline.Ledger;
import tallystick.ops.pipeline.Workplace;
import tallystick.reconcile.DecisionDesk;
import tallystick.reconcile.TextErasure;

@Command(
        name = "evidence",
        description = "What nodes and books said, as the ledger keeps it.",
        mixinStandardHelpOptions = true,
        subcommands = EvidenceCommand.Erase.class)
final class EvidenceCommand extends CommandGroup {
    @Command(
            name = "erase",
            mixinStandardHelpOptions = true,
            description = {
                "Erases what people wrote under a reference, for good: memos, orders, and where the node's own messages repeat them.",
                "Amounts, times and all else stay, and `verify` still passes. Refused where anything rests on the texts."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  ./tallystick evidence erase payment_hash:ca0f5515... \\",
                "      --reason \"asked for on 3 March\" --login anna",
                "  ./tallystick evidence erase --order ord-00087 --reason \"asked for\""
            })
    static final class Erase implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Mixin private final PersonOptions who = new PersonOptions();

        @ArgGroup(multiplicity = "1")
        private @Nullable Subject subject;

        @Option(
                names = "--node",
                paramLabel = "KEY",
                description = "the node's key, for references that exist once per node")
        private @Nullable String node;

        @Option(
                names = "--reason",
                paramLabel = "TEXT",
                required = true,
                description = "why; it stays, so name nobody in it")
        private String reason = "";

        @Option(
                names = "--wait",
                paramLabel = "TIME",
                description = "how long to wait until it has taken effect (default: 30s)")
        private String wait = "30s";

        /// What is to be erased.
        static final class Subject {
            @Parameters(
                    paramLabel = "REFERENCE",
                    description = "whole, for example payment_hash:ca0f5515...")
            private @Nullable String reference;

            @Option(
                    names = "--order",
                    paramLabel = "TEXT",
                    description = "all that is booked under this order")
            private @Nullable String order;
        }

        @Override
        public Integer call() throws InterruptedException {
            Settings settings = LedgerView.settings(common);
            MismatchDecisions.requireLive(settings);
            try (var workplace = Workplace.share(settings, EnumSet.allOf(Service.class))) {
                String person = who.signIn(workplace.database());
                LedgerView.requireSchema(workplace);
                new TopicAdmin(workplace.kafka(), workplace.topics()).createAbsent();
                try (var ledger = Ledger.connect(workplace)) {
                    TextErasure erasure = new TextErasure(ledger.dataSource(), workplace.topics());
                    // All are looked at before any is erased.
                    List<TextErasure.Found> found = new ArrayList<>();
                    for (ItemKey key : keys(erasure)) {
                        found.add(erasure.find(key));
                    }
                    DecisionDesk desk =
                            new DecisionDesk(
                                    ledger.dataSource(),
                                    workplace.kafka(),
                                    workplace.topics(),
                                    settings.ledger().name());
                    for (TextErasure.Found one : found) {
                        erase(desk, one, person, workplace.isShared());
                    }
                }
            } catch (IllegalArgumentException e) {
                throw new CommandException(ExitCode.BAD_INPUT, String.valueOf(e.getMessage()));
            }
            return ExitCode.OK;
        }

        private List<ItemKey> keys(TextErasure erasure) {
            Subject given = requireNonNull(subject);
            if (given.order == null) {
                return List.of(
                        ItemKey.of(
                                Reference.parse(requireNonNull(given.reference)),
                                Optional.ofNullable(node).map(NodeId::new)));
            }
            List<ItemKey> keys = erasure.bookedUnder(given.order);
            if (keys.isEmpty()) {
                throw new IllegalArgumentException(
                        "--order: %s (expected: one that an entry under a payment hash names)"
                                .formatted(given.order));
            }
            return keys;
        }

        private void erase(
                DecisionDesk desk, TextErasure.Found one, String person, boolean isShared)
                throws InterruptedException {
            Decision decision =
                    new Draft(
                                    UUID.randomUUID().toString(),
                                    one.subject(),
                                    0,
                                    person,
                                    InstantSource.system().instant(),
                                    desk.ruleVersion())
                            .erase(reason.strip());
            DecisionDesk.Answer answer =
                    desk.submit(
                            decision,
                            one.key().reference().text(),
                            one.key().node().map(NodeId::pubkey).orElse(""),
                            isShared ? DurationText.parse(wait) : Duration.ZERO);
            common.out()
                    .printf(
                            "%s: decision %s to erase the texts of %d records %s%n",
                            one.key().text(),
                            decision.id(),
                            one.records(),
                            MismatchDecisions.effect(answer, isShared, wait));
            if (one.mismatches() > 0) {
                common.out()
                        .printf(
                                "%d mismatches name its order, and so do reports of their time: these stay as they are%n",
                                one.mismatches());
            }
            common.out().flush();
        }
    }
}
