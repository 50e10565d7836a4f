package tallystick.db.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyManager;

/// All rows of a ledger's database as SQL, one statement to a line, for a database of the same schema. What comes after a COPY are its
/// rows, up to `\.`, so that `psql` loads it too.
public final class LedgerDump {
    private static final String END = "\\.";

    private static final String SCHEMA = "-- schema ";

    private static final String VERSION =
            """
            SELECT version FROM public.tallystick_schema_history WHERE success ORDER BY installed_rank DESC LIMIT 1
            """;

    private static final String TABLES =
            """
            SELECT format('%I.%I', nspname, relname),
                   string_agg(quote_ident(attname), ', ' ORDER BY attnum) FILTER (WHERE attgenerated = '')
              FROM pg_class
              JOIN pg_namespace ON pg_namespace.oid = relnamespace
              JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
             WHERE relkind = 'r' AND relpersistence = 'p' AND nspname !~ '^(pg_|information_schema$)'
             GROUP BY 1
             ORDER BY 1
            """;

    private static final String SEQUENCES =
            """
            SELECT format('SELECT setval(%L, %s)', format('%I.%I', schemaname, sequencename), last_value)
              FROM pg_sequences
             WHERE last_value IS NOT NULL
             ORDER BY 1
            """;

    private LedgerDump() {}

    /// @param connection as superuser, while nobody writes
    public static void write(Connection connection, OutputStream out)
            throws SQLException, IOException {
        CopyManager copies = connection.unwrap(PGConnection.class).getCopyAPI();
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET TIME ZONE 'UTC'");
            line(out, SCHEMA + column(statement, VERSION).getFirst());
            // Without triggers, which would note the rows as new.
            line(out, "SET session_replication_role = replica;");
            List<String[]> tables = new ArrayList<>();
            try (ResultSet row = statement.executeQuery(TABLES)) {
                while (row.next()) {
                    tables.add(new String[] {row.getString(1), row.getString(2)});
                }
            }
            line(
                    out,
                    "TRUNCATE %s;"
                            .formatted(
                                    String.join(
                                            ", ", tables.stream().map(one -> one[0]).toList())));
            for (String[] table : tables) {
                String columns = "%s (%s)".formatted(table[0], table[1]);
                line(out, "COPY %s FROM STDIN;".formatted(columns));
                copies.copyOut("COPY %s TO STDOUT".formatted(columns), out);
                line(out, END);
            }
            for (String sequence : column(statement, SEQUENCES)) {
                line(out, sequence + ";");
            }
            line(out, "RESET session_replication_role;");
        }
    }

    /// Which version the schema of the database must have that a dump is loaded into, for example "081".
    ///
    /// @param dump which is read up to there
    public static String schema(BufferedReader dump) throws IOException {
        String line = dump.readLine();
        if (line == null || !line.startsWith(SCHEMA)) {
            throw new IOException("dump: begins with %s (expected: %s)".formatted(line, SCHEMA));
        }
        return line.substring(SCHEMA.length());
    }

    /// Puts the rows of a dump in the place of all that the database has.
    ///
    /// @param connection as superuser
    public static void load(Connection connection, BufferedReader dump)
            throws SQLException, IOException {
        CopyManager copies = connection.unwrap(PGConnection.class).getCopyAPI();
        try (Statement statement = connection.createStatement()) {
            for (String line = dump.readLine(); line != null; line = dump.readLine()) {
                if (line.startsWith("COPY ")) {
                    rows(copies.copyIn(line), dump);
                } else {
                    statement.execute(line);
                }
            }
        }
    }

    private static void rows(CopyIn copy, BufferedReader dump) throws SQLException, IOException {
        for (String row = dump.readLine(); !END.equals(row); row = dump.readLine()) {
            byte[] bytes = (row + "\n").getBytes(UTF_8);
            copy.writeToCopy(bytes, 0, bytes.length);
        }
        copy.endCopy();
    }

    private static List<String> column(Statement statement, String sql) throws SQLException {
        List<String> result = new ArrayList<>();
        try (ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                result.add(row.getString(1));
            }
        }
        return result;
    }

    private static void line(OutputStream out, String text) throws IOException {
        out.write((text + "\n").getBytes(UTF_8));
    }
}
