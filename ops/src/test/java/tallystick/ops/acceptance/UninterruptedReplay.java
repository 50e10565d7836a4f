package tallystick.ops.acceptance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.SortedMap;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// A replay that nothing disturbed, which the others are compared with. Made once, for all classes of a test run that ask
/// for it.
///
/// @param home kept as the replay left it; not to be changed
/// @param sequence how many batches it took
record UninterruptedReplay(
        MerchantDay day,
        Path directory,
        Home home,
        LedgerState state,
        long sequence,
        SortedMap<String, String> results)
        implements AutoCloseable {

    /// Gives it to tests that have it as a parameter.
    static final class Parameter implements ParameterResolver {
        private static final ExtensionContext.Namespace NAMESPACE =
                ExtensionContext.Namespace.create(UninterruptedReplay.class);

        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == UninterruptedReplay.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return context.getRoot()
                    .getStore(NAMESPACE)
                    .computeIfAbsent(
                            UninterruptedReplay.class, _ -> make(), UninterruptedReplay.class);
        }
    }

    @Override
    public void close() throws IOException {
        new Home(directory).delete();
    }

    /// A ledger's last sequence number.
    static long sequence(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT sequence FROM ledger.head")) {
            rows.next();
            return rows.getLong(1);
        }
    }

    private static UninterruptedReplay make() {
        try {
            Path directory = Files.createTempDirectory("uninterrupted-");
            MerchantDay day = MerchantDay.in(directory.resolve("recording"));
            var home = new Home(directory.resolve("data"));
            Path out = directory.resolve("out");
            day.replay(directory, home, out);
            return new UninterruptedReplay(
                    day,
                    directory,
                    home,
                    home.state(),
                    home.withDatabase(UninterruptedReplay::sequence),
                    MerchantDay.results(out));
        } catch (IOException | SQLException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
