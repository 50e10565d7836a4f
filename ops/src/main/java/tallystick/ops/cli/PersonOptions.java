package tallystick.ops.cli;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tallystick.db.DatabaseException;
import tallystick.db.DatabaseSettings;
import tallystick.db.DatabaseTls;
import tallystick.db.PersonalLogin;
import tallystick.ledger.decision.Decision;

/// Who it is that decides: somebody who signs in at the database, or else the local operator.
final class PersonOptions {
    @Option(
            names = "--login",
            paramLabel = "NAME",
            description =
                    "your own login at the database, in whose name it is recorded (default: none, recorded as \"local operator\", who cannot approve)")
    private @Nullable String login;

    @Option(
            names = "--login-password-file",
            paramLabel = "FILE",
            description =
                    "holds the password of --login and nothing else (default: it is asked for)")
    private @Nullable Path passwordFile;

    /// @return the person's name
    String signIn(DatabaseSettings database) {
        String name = login;
        if (name == null) {
            if (passwordFile != null) {
                throw new CommandException(
                        ExitCode.BAD_INPUT,
                        "--login-password-file: without --login (expected: the name that the password is of)");
            }
            return Decision.LOCAL_OPERATOR;
        }
        try {
            return PersonalLogin.signIn(
                    new DatabaseSettings(
                            database.url(),
                            name,
                            password(name),
                            // The service's own certificate would say that it is the service.
                            database.tls()
                                    .map(
                                            tls ->
                                                    new DatabaseTls(
                                                            tls.rootCertificate(),
                                                            Optional.empty()))));
        } catch (DatabaseException e) {
            throw new CommandException(ExitCode.BAD_INPUT, String.valueOf(e.getMessage()));
        }
    }

    private String password(String name) {
        Path file = passwordFile;
        if (file != null) {
            try {
                return Files.readString(file).strip();
            } catch (IOException e) {
                throw new CommandException(
                        ExitCode.BAD_INPUT,
                        "--login-password-file: %s (expected: a file that can be read): %s"
                                .formatted(file, e.getMessage()));
            }
        }
        Console console =
                Optional.ofNullable(System.console())
                        .filter(Console::isTerminal)
                        .orElseThrow(
                                () ->
                                        new CommandException(
                                                ExitCode.BAD_INPUT,
                                                "--login: no terminal to ask for the password of %s (expected: --login-password-file)"
                                                        .formatted(name)));
        char[] typed = console.readPassword("Password of %s: ", name);
        return typed == null ? "" : new String(typed);
    }
}
