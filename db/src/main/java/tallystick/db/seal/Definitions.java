package tallystick.db.seal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// What stands between rows and whoever reads them: views, functions, triggers, rules, policies. Their definitions are held
/// against those that the migrations of this version make, which are a list of digests beside this class.
///
/// Versions of Postgres print one view in several ways, which differ in nothing but names before a dot. These are left out of the
/// text, and what a view or function depends on is added instead, table by table and column by column.
public final class Definitions {
    private static final String LIST = "definitions.txt";
    private static final String BETWEEN = "  ";

    /// One text for all of what a definition says. Of triggers only those are told that are not there to note rows.
    private static final String PRESENT =
            """
            WITH ours AS (
                SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('ledger', 'register', 'report', 'audit')
            ), need AS (
                SELECT CASE depend.classid WHEN 'pg_rewrite'::regclass THEN 'pg_class'::regclass ELSE depend.classid END AS class,
                       COALESCE(rule.ev_class, depend.objid) AS object,
                       string_agg(DISTINCT named.identity COLLATE "C", ', ' ORDER BY named.identity COLLATE "C") AS names
                  FROM pg_depend AS depend
                  LEFT JOIN pg_rewrite AS rule ON depend.classid = 'pg_rewrite'::regclass AND rule.oid = depend.objid
                  CROSS JOIN LATERAL pg_identify_object(depend.refclassid, depend.refobjid, depend.refobjsubid) AS named
                 WHERE (depend.classid = 'pg_rewrite'::regclass
                        AND rule.ev_class IN (SELECT pg_class.oid FROM pg_class JOIN ours ON ours.oid = relnamespace)
                        OR depend.classid = 'pg_proc'::regclass
                        AND depend.objid IN (SELECT pg_proc.oid FROM pg_proc JOIN ours ON ours.oid = pronamespace))
                   AND depend.refobjid <> COALESCE(rule.ev_class, depend.objid)
                 GROUP BY 1, 2
            )
            SELECT 'view ' || nspname || '.' || relname AS name,
                   concat_ws(E'\\n', regexp_replace(pg_get_viewdef(view.oid), '\\m[a-z_]+\\.', '', 'g'), view.reloptions::text,
                             need.names) AS text
              FROM pg_class AS view
              JOIN ours ON ours.oid = relnamespace
              LEFT JOIN need ON need.class = 'pg_class'::regclass AND need.object = view.oid
             WHERE relkind IN ('v', 'm')
             UNION ALL
            SELECT 'function ' || named.identity,
                   concat_ws(E'\\n', lanname, provolatile::text, prosecdef::text, proconfig::text, proretset::text,
                             (pg_identify_object('pg_type'::regclass, prorettype, 0)).identity,
                             COALESCE(regexp_replace(pg_get_function_sqlbody(function.oid), '\\m[a-z_]+\\.', '', 'g'), prosrc),
                             need.names)
              FROM pg_proc AS function
              JOIN ours ON ours.oid = pronamespace
              JOIN pg_language AS language ON language.oid = prolang
              CROSS JOIN LATERAL pg_identify_object('pg_proc'::regclass, function.oid, 0) AS named
              LEFT JOIN need ON need.class = 'pg_proc'::regclass AND need.object = function.oid
             UNION ALL
            SELECT 'trigger ' || nspname || '.' || relname || '.' || tgname, tgfoid::regproc::text
              FROM pg_trigger
              JOIN pg_class ON pg_class.oid = tgrelid
              JOIN ours ON ours.oid = relnamespace
             WHERE NOT tgisinternal AND tgname NOT IN ('note_insert', 'note_update', 'note_delete')
             UNION ALL
            SELECT 'rule ' || nspname || '.' || relname || '.' || rulename, ev_type::text
              FROM pg_rewrite
              JOIN pg_class ON pg_class.oid = ev_class
              JOIN ours ON ours.oid = relnamespace
             WHERE rulename <> '_RETURN'
             UNION ALL
            SELECT 'row security ' || nspname || '.' || relname, ''
              FROM pg_class
              JOIN ours ON ours.oid = relnamespace
             WHERE relrowsecurity
            """;

    private Definitions() {}

    /// By kind and name, the SHA-256 of each definition that there is.
    public static SortedMap<String, String> present(Connection connection) throws SQLException {
        SortedMap<String, String> result = new TreeMap<>();
        try (PreparedStatement statement = connection.prepareStatement(PRESENT);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                byte[] text = rows.getString(2).getBytes(UTF_8);
                result.put(
                        rows.getString(1),
                        HexFormat.of().formatHex(MerkleTree.sha256().digest(text)));
            }
        }
        return result;
    }

    /// Those that this version's migrations make.
    public static SortedMap<String, String> expected() {
        SortedMap<String, String> result = new TreeMap<>();
        try (InputStream in = Definitions.class.getResourceAsStream(LIST)) {
            if (in == null) {
                throw new IllegalStateException(LIST + ": none (expected: on the class path)");
            }
            for (String line : new String(in.readAllBytes(), UTF_8).lines().toList()) {
                int end = line.indexOf(BETWEEN);
                result.put(line.substring(end + BETWEEN.length()), line.substring(0, end));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return result;
    }

    /// The list that `expected` reads.
    public static String list(SortedMap<String, String> definitions) {
        StringBuilder text = new StringBuilder();
        definitions.forEach(
                (name, digest) -> text.append(digest).append(BETWEEN).append(name).append('\n'));
        return text.toString();
    }

    /// @param next the batch that comes next: definitions belong to none
    static void check(Connection connection, long next, List<TamperFinding> findings)
            throws SQLException {
        SortedMap<String, String> expected = expected();
        SortedMap<String, String> present = present(connection);
        expected.forEach(
                (name, digest) -> {
                    String found = present.remove(name);
                    if (found == null) {
                        findings.add(
                                new TamperFinding(
                                        next, name, "is not there (expected: as migrated)"));
                    } else if (!found.equals(digest)) {
                        findings.add(
                                new TamperFinding(
                                        next,
                                        name,
                                        "was replaced: its definition has digest %s (expected: %s, as migrated)"
                                                .formatted(found, digest)));
                    }
                });
        present.keySet()
                .forEach(
                        name ->
                                findings.add(
                                        new TamperFinding(
                                                next,
                                                name,
                                                "is none of this version's (expected: none such)")));
    }
}
