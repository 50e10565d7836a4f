package tallystick.ingest.books;

import java.math.BigDecimal;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tallystick.ingest.ErrorCode;

/// The columns of a query: held to those of a CSV file, and turned into their texts. Immutable.
///
/// @param types by column
record SqlColumns(Map<String, String> types, String watermarkColumn, Watermark.Kind kind) {
    private static final Set<String> OPTIONAL = Set.of("node", "order", "reverses", "memo");

    SqlColumns {
        types = new LinkedHashMap<>(types);
    }

    /// Asks the database what the query would give, without running it.
    ///
    /// @throws RowSourceException USER, with everything that is wrong
    static SqlColumns check(PullConfig config, PreparedStatement statement) throws SQLException {
        List<String> errors = new ArrayList<>();
        int parameters = statement.getParameterMetaData().getParameterCount();
        if (parameters != 1) {
            errors.add(
                    "parameters: %d (expected: one ?, as in WHERE %s > ?)"
                            .formatted(parameters, config.watermarkColumn()));
        }
        Map<String, String> types = types(statement.getMetaData(), errors);
        if (errors.isEmpty()) {
            checkNames(config, types.keySet(), errors);
            checkTypes(config, types, errors);
        }
        if (!errors.isEmpty()) {
            throw new RowSourceException(
                    ErrorCode.USER,
                    "query of books/%s: %s".formatted(config.source(), String.join("; ", errors)),
                    null);
        }
        String watermark = config.watermarkColumn();
        return new SqlColumns(
                types, watermark, kind(types.getOrDefault(watermark, "")).orElseThrow());
    }

    Set<String> names() {
        return types.keySet();
    }

    /// As a CSV file would have it.
    String text(ResultSet row, String column) throws SQLException {
        return switch (types.getOrDefault(column, "")) {
            case "timestamptz" -> {
                OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
                yield time == null ? "" : time.toInstant().toString();
            }
            case "timestamp" -> {
                LocalDateTime time = row.getObject(column, LocalDateTime.class);
                yield time == null ? "" : time.toString();
            }
            case "numeric" -> number(plain(row.getString(column)));
            default -> plain(row.getString(column));
        };
    }

    /// Empty when it is null or infinite.
    Optional<Watermark> watermark(ResultSet row) throws SQLException {
        return switch (kind) {
            case BIGINT -> {
                long number = row.getLong(watermarkColumn);
                yield row.wasNull() ? Optional.empty() : Optional.of(Watermark.of(number));
            }
            case TIMESTAMP ->
                    Optional.ofNullable(row.getObject(watermarkColumn, LocalDateTime.class))
                            .filter(
                                    t ->
                                            !t.equals(LocalDateTime.MAX)
                                                    && !t.equals(LocalDateTime.MIN))
                            .map(Watermark::of);
            case TIMESTAMPTZ ->
                    Optional.ofNullable(row.getObject(watermarkColumn, OffsetDateTime.class))
                            .filter(
                                    t ->
                                            !t.equals(OffsetDateTime.MAX)
                                                    && !t.equals(OffsetDateTime.MIN))
                            .map(t -> Watermark.of(t.toInstant()));
        };
    }

    private static Map<String, String> types(ResultSetMetaData columns, List<String> errors)
            throws SQLException {
        Map<String, String> types = new LinkedHashMap<>();
        if (columns == null) {
            errors.add("no rows (expected: a SELECT)");
            return types;
        }
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            String name = columns.getColumnLabel(i).toLowerCase(Locale.ROOT);
            if (types.put(name, columns.getColumnTypeName(i)) != null) {
                errors.add("column %s: twice (expected: once)".formatted(name));
            }
        }
        return types;
    }

    private static void checkNames(PullConfig config, Set<String> names, List<String> errors) {
        Set<String> missing =
                BooksCsv.COLUMNS.stream()
                        .filter(name -> !OPTIONAL.contains(name))
                        .filter(name -> !names.contains(name))
                        .collect(Collectors.toCollection(TreeSet::new));
        if (names.contains(BooksCsv.REFERENCES)) {
            missing.remove("reference");
        }
        if (!names.contains(config.watermarkColumn())) {
            missing.add(config.watermarkColumn());
        }
        if (!missing.isEmpty()) {
            errors.add(
                    "missing columns: %s (expected: %s and the watermark, %s; %s may be left out)"
                            .formatted(
                                    String.join(", ", missing),
                                    String.join(", ", BooksCsv.COLUMNS),
                                    config.watermarkColumn(),
                                    String.join(", ", new TreeSet<>(OPTIONAL))));
        }
        Set<String> unknown = new TreeSet<>(names);
        unknown.removeIf(
                name ->
                        name.equals(config.watermarkColumn())
                                || known().anyMatch(column -> column.equals(name)));
        if (!unknown.isEmpty()) {
            errors.add(
                    "unknown columns: %s (expected: %s)"
                            .formatted(
                                    String.join(", ", unknown),
                                    known().collect(Collectors.joining(", "))));
        }
    }

    private static Stream<String> known() {
        return Stream.concat(
                BooksCsv.COLUMNS.stream(), Stream.of(BooksCsv.REFERENCES, BooksCsv.FEE_LIMIT));
    }

    private static void checkTypes(
            PullConfig config, Map<String, String> types, List<String> errors) {
        String watermark = types.get(config.watermarkColumn());
        if (watermark != null && kind(watermark).isEmpty()) {
            errors.add(
                    "column %s: %s (expected: timestamptz, timestamp or a whole number, as it is the watermark)"
                            .formatted(config.watermarkColumn(), watermark));
        }
        if ("timestamp".equals(types.get("booked_at"))) {
            errors.add(
                    "column booked_at: timestamp without a time zone (expected: timestamptz, for example booked_at AT TIME ZONE 'UTC' AS booked_at)");
        }
    }

    private static Optional<Watermark.Kind> kind(String type) {
        return switch (type) {
            case "int2", "int4", "int8", "serial", "bigserial", "smallserial" ->
                    Optional.of(Watermark.Kind.BIGINT);
            case "timestamp" -> Optional.of(Watermark.Kind.TIMESTAMP);
            case "timestamptz" -> Optional.of(Watermark.Kind.TIMESTAMPTZ);
            default -> Optional.empty();
        };
    }

    private static String plain(String text) {
        return text == null ? "" : text.strip();
    }

    /// `21000.00` is a whole number; what is none is left for the parser to refuse.
    private static String number(String text) {
        try {
            return text.isEmpty() ? "" : new BigDecimal(text).stripTrailingZeros().toPlainString();
        } catch (NumberFormatException _) {
            return text;
        }
    }
}
