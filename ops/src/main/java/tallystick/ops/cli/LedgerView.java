package tallystick.ops.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import tallystick.db.report.LedgerReading;
import tallystick.ops.config.Settings;
import tallystick.ops.embedded.EmbeddedServices.Service;
import tallystick.ops.pipeline.Ledger;
import tallystick.ops.pipeline.Workplace;

/// Reads the ledger for the commands that show it; starts only the database, and only if nobody runs it already.
final class LedgerView {
    /// Holds the moment that a replay was decided for.
    private static final String AS_OF = "replay/as-of";

    private LedgerView() {}

    /// What a command does with a ledger that it only reads.
    interface Reading<T> {
        T read(Ledger ledger, Workplace workplace);
    }

    static LedgerReading read(CommonOptions common) throws InterruptedException {
        Settings settings = settings(common);
        return with(settings, (ledger, _) -> ledger.read(asOf(settings)));
    }

    /// Of the ledger that is there: the one that is named, or, when there is none yet and no directory was named, the
    /// demo's. Only looking must not make one, since the demo's would then be out of sight.
    static Settings settings(CommonOptions common) {
        Settings settings = common.read().settings();
        if (isEmpty(settings)) {
            if (common.data().isPresent() || !Files.isDirectory(postgres(DemoCommand.DATA))) {
                throw new CommandException(
                        ExitCode.BAD_INPUT,
                        "ledger: none in %s (expected: made by `tallystick run`, `replay` or `demo`)"
                                .formatted(settings.data().directory()));
            }
            System.err.printf("tallystick: this is the demo's ledger, in %s%n", DemoCommand.DATA);
            return common.settingsIn(Optional.of(DemoCommand.DATA));
        }
        return common.settings();
    }

    /// Ages are counted from here, long after the replay as well.
    static void keepAsOf(Path data, Instant asOf) {
        try {
            Files.createDirectories(data.resolve(AS_OF).getParent());
            Files.writeString(data.resolve(AS_OF), asOf.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// From now on time goes by the machine's clock.
    static void forgetAsOf(Path data) {
        try {
            Files.deleteIfExists(data.resolve(AS_OF));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static <T> T with(Settings settings, Reading<T> reading) throws InterruptedException {
        try (var workplace = Workplace.share(settings, EnumSet.of(Service.POSTGRES))) {
            requireSchema(workplace);
            try (var ledger = Ledger.connect(workplace)) {
                return reading.read(ledger, workplace);
            }
        }
    }

    /// Refuses a database that this version has not migrated yet.
    static void requireSchema(Workplace workplace) {
        List<String> pending = Ledger.pendingMigrations(workplace);
        if (!pending.isEmpty()) {
            throw new CommandException(
                    ExitCode.UNAVAILABLE,
                    "database: its schema lacks %s (expected: `tallystick db migrate` first)"
                            .formatted(String.join(", ", pending)));
        }
    }

    /// The moment that a replay was decided for; else now.
    static Instant asOf(Settings settings) {
        Path file = settings.data().directory().resolve(AS_OF);
        try {
            return Files.exists(file)
                    ? Instant.parse(Files.readString(file).strip())
                    : InstantSource.system().instant();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// True of a ledger that stands at a replay's moment; `run` makes it a live one.
    static boolean isReplay(Settings settings) {
        return Files.exists(settings.data().directory().resolve(AS_OF));
    }

    static boolean isEmpty(Settings settings) {
        return settings.database().url().isEmpty()
                && !Files.isDirectory(postgres(settings.data().directory()));
    }

    private static Path postgres(Path data) {
        return data.resolve("postgres").resolve("data");
    }
}
