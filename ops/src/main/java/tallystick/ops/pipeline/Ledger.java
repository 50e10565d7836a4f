package tallystick.ops.pipeline;

import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import tallystick.db.Database;
import tallystick.db.Migrator;
import tallystick.db.Role;
import tallystick.db.report.LedgerReader;
import tallystick.db.report.LedgerReading;
import tallystick.kafka.TopicAdmin;
import tallystick.ops.config.Resolved;
import tallystick.ops.config.Settings;
import tallystick.ops.journal.LedgerJournal;
import tallystick.report.day.ReportDesk;

/// The ledger of a workplace: its database brought to this version's schema, and its topics made.
///
/// Any thread, except that it is closed once.
public final class Ledger implements AutoCloseable {
    private final Workplace workplace;
    private final Database database;
    private final LedgerReader reader;

    private Ledger(Workplace workplace, Database database) {
        this.workplace = workplace;
        this.database = database;
        Settings settings = workplace.settings();
        this.reader =
                new LedgerReader(
                        database.dataSource(),
                        settings.ledger().name(),
                        settings.ledger().timeZone());
    }

    /// For those who only read: nothing is made or changed, nor may be.
    public static Ledger connect(Workplace workplace) {
        return new Ledger(workplace, Database.connect(workplace.database(), Role.SERVER));
    }

    /// For those who add to what is there.
    public static Ledger write(Workplace workplace) {
        return new Ledger(workplace, Database.connect(workplace.database(), Role.WRITER));
    }

    /// For those who write: makes what is absent.
    public static Ledger prepare(Workplace workplace) throws InterruptedException {
        new TopicAdmin(workplace.kafka(), workplace.topics()).createAbsent();
        try (Database owned = Database.connect(workplace.database())) {
            new Migrator(owned.dataSource()).migrate();
        }
        return new Ledger(workplace, Database.connect(workplace.database(), Role.WRITER));
    }

    public DataSource dataSource() {
        return database.dataSource();
    }

    /// @param asOf the moment the register was last decided for
    public LedgerReading read(Instant asOf) {
        return reader.read(asOf);
    }

    /// Issues and shows daily reports.
    public ReportDesk reports() {
        return new ReportDesk(
                database.dataSource(), workplace.settings().ledger().name(), programVersion());
    }

    /// The entries of business days, for other people's accounting programs.
    ///
    /// @param zone in which the days begin and end
    public LedgerJournal journal(ZoneId zone, LedgerJournal.Range range) throws IOException {
        Settings settings = workplace.settings();
        return LedgerJournal.read(
                database.dataSource(), workplace.topics(), settings.ledger().name(), zone, range);
    }

    /// As reports name it.
    public static String programVersion() {
        return Objects.requireNonNullElse(
                Ledger.class.getPackage().getImplementationVersion(), "unpackaged");
    }

    /// What a pipeline needs of it.
    public Place place() {
        Settings settings = workplace.settings();
        return new Place(
                settings.ledger().name(),
                settings.ledger().timeZone(),
                Resolved.rules(settings),
                workplace.kafka(),
                workplace.topics(),
                database.dataSource());
    }

    /// Migrations that this version has and the database lacks.
    public static List<String> pendingMigrations(Workplace workplace) {
        try (Database owned = Database.connect(workplace.database())) {
            return new Migrator(owned.dataSource()).pending();
        }
    }

    @Override
    public void close() {
        database.close();
    }
}
