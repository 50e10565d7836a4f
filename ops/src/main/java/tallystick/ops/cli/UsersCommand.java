package tallystick.ops.cli;

import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tallystick.db.Database;
import tallystick.ops.embedded.EmbeddedServices.Service;
import tallystick.ops.pipeline.Workplace;
import tallystick.report.figures.Times;
import tallystick.serve.web.access.People;

@Command(
        name = "users",
        description = {
            "People who may sign in at the web pages.",
            "What they decide is recorded under their name, so each has one of his own, the same as on his certificate and at the database. Changing somebody signs him out."
        },
        mixinStandardHelpOptions = true,
        subcommands = {
            UsersCommand.Add.class,
            UsersCommand.ListAll.class,
            UsersCommand.Password.class,
            UsersCommand.Remove.class
        })
final class UsersCommand extends CommandGroup {
    /// Where a password comes from. Never an argument: other users of the machine see those.
    static final class PasswordOptions {
        @Option(
                names = "--password-stdin",
                description = "read it from the first line of the input (default: it is asked for)")
        private boolean isInput;

        String read(String name) {
            return isInput ? fromInput() : fromTerminal(name);
        }

        private static String fromInput() {
            try {
                // Not closed: it is not ours.
                String line =
                        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
                                .readLine();
                return line == null ? "" : line;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static String fromTerminal(String name) {
            Console console =
                    Optional.ofNullable(System.console())
                            .filter(Console::isTerminal)
                            .orElseThrow(
                                    () ->
                                            new CommandException(
                                                    ExitCode.BAD_INPUT,
                                                    "password: no terminal to ask for that of %s (expected: --password-stdin)"
                                                            .formatted(name)));
            String first =
                    typed(
                            console,
                            "Password of %s, at least %d characters: "
                                    .formatted(name, People.PASSWORD_MIN));
            if (!first.equals(typed(console, "Once more: "))) {
                throw new CommandException(
                        ExitCode.BAD_INPUT,
                        "password: typed in two ways (expected: twice the same)");
            }
            return first;
        }

        private static String typed(Console console, String prompt) {
            char[] typed = console.readPassword("%s", prompt);
            return typed == null ? "" : new String(typed);
        }
    }

    /// Works on the people of the ledger that the options name.
    private static int with(CommonOptions common, Consumer<People> work) throws Exception {
        var settings = LedgerView.settings(common);
        return Signals.closingInOrder(
                () -> {
                    try (var workplace = Workplace.share(settings, EnumSet.of(Service.POSTGRES))) {
                        LedgerView.requireSchema(workplace);
                        try (var database = Database.connect(workplace.database())) {
                            work.accept(new People(database.dataSource(), InstantSource.system()));
                        }
                    } catch (IllegalArgumentException e) {
                        throw new CommandException(
                                ExitCode.BAD_INPUT, String.valueOf(e.getMessage()));
                    }
                    return ExitCode.OK;
                });
    }

    private static void say(CommonOptions common, String text) {
        common.out().println(text);
        common.out().flush();
    }

    @Command(
            name = "add",
            mixinStandardHelpOptions = true,
            description = "Adds somebody. Asks for the password.",
            footerHeading = "%nExamples:%n",
            footer = {
                "  ./tallystick users add anna --role preparer",
                "  ./tallystick users add bob --role preparer,approver --password-stdin < FILE"
            })
    static final class Add implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Mixin private final PasswordOptions password = new PasswordOptions();

        @Parameters(paramLabel = "NAME", description = "decisions are recorded under it")
        private String name = "";

        @Option(
                names = "--role",
                paramLabel = "ROLE[,ROLE]",
                required = true,
                description =
                        "viewer, preparer (decides), approver (approves what others decide), auditor (sees the ledger and its evidence), operator (sees how nodes are followed); viewer is always among them")
        private String roles = "";

        @Override
        public Integer call() throws Exception {
            try {
                People.check(name, roles);
            } catch (IllegalArgumentException e) {
                throw new CommandException(ExitCode.BAD_INPUT, String.valueOf(e.getMessage()));
            }
            String typed = password.read(name);
            return with(
                    common,
                    people -> {
                        people.add(name, roles, typed);
                        say(common, name + " may sign in");
                    });
        }
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description =
                    "Names, roles or the issuer that says them, and when the password was set or the person first came.",
            footerHeading = "%nExamples:%n",
            footer = "  ./tallystick users list")
    static final class ListAll implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Override
        public Integer call() throws Exception {
            return with(
                    common,
                    people -> {
                        List<People.Listed> all = people.all();
                        for (People.Listed one : all) {
                            common.out()
                                    .printf(
                                            "%-24s %-30s %s%n",
                                            one.name(),
                                            one.issuer().isEmpty()
                                                    ? String.join(",", one.roles())
                                                    : one.issuer(),
                                            Times.stamp(one.changedAt()));
                        }
                        say(common, all.size() == 1 ? "1 person" : all.size() + " people");
                    });
        }
    }

    @Command(
            name = "password",
            mixinStandardHelpOptions = true,
            description = "Sets somebody's password anew. Asks for it.",
            footerHeading = "%nExamples:%n",
            footer = "  ./tallystick users password anna")
    static final class Password implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Mixin private final PasswordOptions password = new PasswordOptions();

        @Parameters(paramLabel = "NAME", description = "whose")
        private String name = "";

        @Override
        public Integer call() throws Exception {
            String typed = password.read(name);
            return with(
                    common,
                    people -> {
                        people.changePassword(name, typed);
                        say(common, name + " has another password, and is signed out");
                    });
        }
    }

    @Command(
            name = "remove",
            mixinStandardHelpOptions = true,
            description =
                    "Removes somebody. What was decided under the name stays. Whom an issuer vouches for may come again, as long as it does.",
            footerHeading = "%nExamples:%n",
            footer = "  ./tallystick users remove anna")
    static final class Remove implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Parameters(paramLabel = "NAME", description = "who")
        private String name = "";

        @Override
        public Integer call() throws Exception {
            return with(
                    common,
                    people -> {
                        people.remove(name);
                        say(common, name + " may no longer sign in");
                    });
        }
    }
}
