package tallystick.ops.cli;

import java.time.Duration;
import tallystick.db.Database;
import tallystick.db.DatabaseSettings;
import tallystick.db.Migrator;
import tallystick.kafka.TopicAdmin;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ops.config.Settings;
import tallystick.ops.pipeline.Place;

/// The ledger that a command works with: its database connected and migrated, its topics made.
final class Ledger implements AutoCloseable {
    private final Settings settings;
    private final Workplace workplace;
    private final Database database;

    private Ledger(Settings settings, Workplace workplace, Database database) {
        this.settings = settings;
        this.workplace = workplace;
        this.database = database;
    }

    /// With database and topics.
    static Ledger open(Settings settings, Workplace workplace) throws InterruptedException {
        Ledger ledger = openDatabase(settings, workplace);
        try {
            new TopicAdmin(workplace.kafka(), workplace.topics()).createAbsent();
            return ledger;
        } catch (RuntimeException | InterruptedException e) {
            ledger.close();
            throw e;
        }
    }

    /// With the database alone, for commands that only read.
    static Ledger openDatabase(Settings settings, Workplace workplace) {
        Database database = connect(workplace);
        try {
            new Migrator(database.dataSource()).migrate();
            return new Ledger(settings, workplace, database);
        } catch (RuntimeException e) {
            database.close();
            throw e;
        }
    }

    static Database connect(Workplace workplace) {
        Workplace.DatabaseAddress address = workplace.database();
        return Database.connect(
                new DatabaseSettings(address.url(), address.user(), address.password().orElse("")));
    }

    Database database() {
        return database;
    }

    Place place() {
        return new Place(
                settings.ledger().name(),
                settings.ledger().timeZone(),
                rules(settings),
                workplace.kafka(),
                workplace.topics(),
                database.dataSource());
    }

    static RuleSet rules(Settings settings) {
        RuleSet defaults = RuleSet.defaults();
        Duration graceBooks = settings.rules().graceBooks();
        Duration graceNode = settings.rules().graceNode();
        return new RuleSet(
                defaults.version(),
                graceBooks,
                graceNode,
                defaults.stuckAfter(),
                defaults.emptyAfter(),
                defaults.roundingBound(),
                settings.ledger().timeZone());
    }

    @Override
    public void close() {
        database.close();
    }
}
