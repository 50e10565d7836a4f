package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// A replay that is killed anywhere and started again ends where one ends that nothing disturbed.
///
/// Ten kills: `./tallystick test -pl ops -am -Dit.test=KilledReplayIT -Dkills=10 -Dsurefire.failIfNoSpecifiedTests=false
/// -Dfailsafe.failIfNoSpecifiedTests=false`. Other moments: `-Dkill.seed=NUMBER` with it.
///
/// Beside other classes: what is killed is processes of its own.
@Execution(ExecutionMode.CONCURRENT)
@ExtendWith(UninterruptedReplay.Parameter.class)
class KilledReplayIT {
    private static final int KILLS = Integer.getInteger("kills", 3);
    private static final long SEED = Long.getLong("kill.seed", 20261122L);

    /// A kill may come too late, after the last batch; so many in a row are no accident.
    private static final int DRAWS_MAX = 8;

    /// The batch that is waited for comes within seconds, on a busy machine within a minute or two.
    private static final Duration WATCH_LIMIT = Duration.ofMinutes(5);

    /// Another process gives no signal; it is looked at often enough to kill it within its batch.
    private static final Duration LOOK = Duration.ofMillis(5);

    @TempDir Path directory;

    /// The ledger as the kill left it.
    private record Found(long sequence, long positions) {
        static Found read(Connection connection) throws SQLException {
            try (var statement = connection.createStatement();
                    var rows =
                            statement.executeQuery(
                                    """
                                    SELECT (SELECT sequence FROM ledger.head),
                                           (SELECT COALESCE(sum(next_offset), 0) FROM ledger.position)
                                    """)) {
                rows.next();
                return new Found(rows.getLong(1), rows.getLong(2));
            }
        }
    }

    @Test
    void endsWhereAnUninterruptedOneEnds(UninterruptedReplay uninterrupted) throws Exception {
        RandomGenerator random = new SplittableRandom(SEED);
        say("kills of a replay of %d batches, seed %d:", uninterrupted.sequence(), SEED);
        for (int number = 0; number < KILLS; number++) {
            try {
                killAndGoOn(random, number, uninterrupted);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(
                        "kill %d of seed %d; the same again: ./tallystick test -pl ops -am -Dit.test=KilledReplayIT -Dkills=%d -Dkill.seed=%d -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false%n%s"
                                .formatted(number + 1, SEED, number + 1, SEED, e.getMessage()),
                        e);
            }
        }
    }

    private void killAndGoOn(RandomGenerator random, int number, UninterruptedReplay uninterrupted)
            throws IOException, SQLException, InterruptedException {
        Path work = Files.createDirectory(directory.resolve("kill-" + number));
        var home = new Home(work.resolve("data"));
        Kill kill = killOnTheWay(random, number, uninterrupted, work, home);
        Path out = work.resolve("out");
        assertThat(out).doesNotExist();

        uninterrupted.day().replay(work, home, out);

        if (kill.what() != Kill.What.EVERYTHING) {
            assertThat(home.log()).contains("an embedded Postgres was left over; stopping it");
        }
        home.state().requireEqualTo(uninterrupted.state());
        assertThat(MerchantDay.results(out)).isEqualTo(uninterrupted.results());
        new Home(work).delete();
    }

    /// Kills after the first batch and before the last, or draws again.
    private static Kill killOnTheWay(
            RandomGenerator random,
            int number,
            UninterruptedReplay uninterrupted,
            Path work,
            Home home)
            throws IOException, SQLException, InterruptedException {
        for (int draw = 0; draw < DRAWS_MAX; draw++) {
            Kill kill = Kill.draw(random, number, uninterrupted.sequence());
            Program program = uninterrupted.day().start(work, home, work.resolve("out"));
            Optional<Found> found = kill(kill, program, home);
            if (found.isPresent() && found.get().sequence() < uninterrupted.sequence()) {
                say(
                        "  %2d  %-17s %3d ms after batch %2d was seen: at sequence %2d, sum of positions %,6d, %2d batches remain",
                        number + 1,
                        kill.what(),
                        kill.delayMillis(),
                        kill.sequence(),
                        found.get().sequence(),
                        found.get().positions(),
                        uninterrupted.sequence() - found.get().sequence());
                return kill;
            }
            say("  %2d  %s came too late; drawing again", number + 1, kill);
            stopServer(home);
            home.delete();
        }
        throw new AssertionError("no kill of %d came in time".formatted(DRAWS_MAX));
    }

    /// Empty when the program ended by itself before.
    private static Optional<Found> kill(Kill kill, Program program, Home home)
            throws IOException, SQLException, InterruptedException {
        try (Connection connection = awaitBatch(kill.sequence(), program, home)) {
            pause(Duration.ofMillis(kill.delayMillis()));
            boolean wasRunning = program.isRunning();
            switch (kill.what()) {
                case THE_PROGRAM -> program.killAlone();
                case THE_PROCESS_GROUP, EVERYTHING -> program.killWithGroup();
            }
            if (!wasRunning || Files.exists(home.data().resolveSibling("out"))) {
                return Optional.empty();
            }
            Found found = Found.read(connection);
            if (kill.what() == Kill.What.EVERYTHING) {
                stopServer(home);
            }
            return Optional.of(found);
        }
    }

    private static Connection awaitBatch(long sequence, Program program, Home home)
            throws IOException, SQLException, InterruptedException {
        Connection connection = awaitConnection(program, home);
        long begun = System.nanoTime();
        while (!hasCommitted(connection, sequence)) {
            look(program, begun);
        }
        return connection;
    }

    private static Connection awaitConnection(Program program, Home home)
            throws IOException, SQLException, InterruptedException {
        long begun = System.nanoTime();
        while (true) {
            Optional<Connection> connection = home.connectToRunning();
            if (connection.isPresent()) {
                return connection.get();
            }
            look(program, begun);
        }
    }

    private static boolean hasCommitted(Connection connection, long sequence) throws SQLException {
        try (var statement = connection.createStatement();
                var made =
                        statement.executeQuery("SELECT to_regclass('ledger.head') IS NOT NULL")) {
            made.next();
            if (!made.getBoolean(1)) {
                return false; // The schema is still being made.
            }
        }
        return UninterruptedReplay.sequence(connection) >= sequence;
    }

    private static void look(Program program, long begunNanos)
            throws IOException, InterruptedException {
        if (!program.isRunning()) {
            throw new AssertionError("the program ended before its batch: " + program.await());
        }
        if (System.nanoTime() - begunNanos > WATCH_LIMIT.toNanos()) {
            program.killWithGroup();
            throw new AssertionError("no batch within " + WATCH_LIMIT);
        }
        pause(LOOK);
    }

    private static void pause(Duration duration) {
        long end = System.nanoTime() + duration.toNanos();
        for (long left = duration.toNanos(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private static void stopServer(Home home) throws IOException, InterruptedException {
        Optional<Long> pid = home.serverPid();
        if (pid.isPresent()) {
            Program.killGroup(pid.get());
        }
    }

    private static void say(String format, Object... arguments) {
        System.out.printf(format + "%n", arguments);
    }
}
