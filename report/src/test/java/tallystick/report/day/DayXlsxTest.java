package tallystick.report.day;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.poi.ss.usermodel.Cell;
import org.apache.poi.ss.usermodel.CellType;
import org.apache.poi.ss.usermodel.CellValue;
import org.apache.poi.ss.usermodel.FormulaEvaluator;
import org.apache.poi.ss.usermodel.Row;
import org.apache.poi.ss.usermodel.Sheet;
import org.apache.poi.ss.usermodel.Workbook;
import org.apache.poi.xssf.usermodel.XSSFWorkbook;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tallystick.report.day.DayTable.Column;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Workbooks are read back, and their formulas worked out, by another library.
class DayXlsxTest {
    private final DayXlsx xlsx = new DayXlsx();

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 40, 400})
    void holdsEveryNumberOfTheReport(int mismatches) throws IOException {
        DayReport report = SampleReports.with(mismatches);

        try (Workbook workbook = read(xlsx.render(report))) {
            for (DayTable table : DayTables.of(report)) {
                assertThat(numbers(workbook.getSheet(table.name()), table))
                        .as(table.name())
                        .isEqualTo(expected(table));
            }
        }
    }

    @Test
    void saysTheSameAsTheJson() throws IOException {
        DayDocument document = SampleReports.document(SampleReports.with(40), List.of());

        JsonNode facts = JsonMapper.shared().readTree(document.json()).path("facts");
        try (Workbook workbook = read(xlsx.render(document.report()))) {
            Sheet mismatches = workbook.getSheet("4-mismatches");
            JsonNode open = facts.path("mismatches").path("open");
            for (int i = 0; i < open.size(); i++) {
                JsonNode one = open.get(i);
                assertThat(mismatches.getRow(i + 1).getCell(0).getStringCellValue())
                        .isEqualTo(one.path("id").asString());
                assertThat(number(mismatches.getRow(i + 1).getCell(8)))
                        .isEqualByComparingTo(one.path("amount_msat").asString());
                assertThat(number(mismatches.getRow(i + 1).getCell(9)))
                        .isEqualByComparingTo(
                                new BigDecimal(
                                        new BigInteger(one.path("amount_msat").asString()), 3));
            }
            Sheet bridge = workbook.getSheet("2-balance-bridge");
            int line = 1;
            for (JsonNode node : facts.path("balance_bridge")) {
                List<JsonNode> places = new ArrayList<>(List.of(node.path("opening")));
                node.path("movements").forEach(places::add);
                places.add(node.path("closing"));
                for (JsonNode place : places) {
                    assertThat(number(bridge.getRow(line).getCell(3)))
                            .isEqualByComparingTo(place.path("channels_msat").asString());
                    assertThat(number(bridge.getRow(line).getCell(9)))
                            .isEqualByComparingTo(place.path("total_msat").asString());
                    line++;
                }
                line += 2;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 40, 400})
    void formulasAddEverySumUpAgain(int mismatches) throws IOException {
        try (Workbook workbook = read(xlsx.render(SampleReports.with(mismatches)))) {
            FormulaEvaluator evaluator = workbook.getCreationHelper().createFormulaEvaluator();
            int sums = 0;
            for (Sheet sheet : workbook) {
                for (Row row : sheet) {
                    for (Cell cell : row) {
                        if (cell.getCellType() == CellType.FORMULA
                                && text(row.getCell(0)).equals("difference")) {
                            assertThat(value(evaluator, cell))
                                    .as(sheet.getSheetName() + " " + cell.getAddress())
                                    .isZero();
                            Cell again = above(cell, 1);
                            assertThat(value(evaluator, again))
                                    .isEqualByComparingTo(number(above(cell, 2)));
                            sums++;
                        }
                    }
                }
            }
            assertThat(sums).isGreaterThan(50);
        }
    }

    @Test
    void aWrongSumIsSeen() throws IOException {
        try (Workbook workbook = read(xlsx.render(SampleReports.with(40)))) {
            workbook.getSheet("2-balance-bridge").getRow(2).getCell(3).setCellValue(-31_336);
            FormulaEvaluator evaluator = workbook.getCreationHelper().createFormulaEvaluator();

            Row difference = workbook.getSheet("2-balance-bridge").getRow(7);

            assertThat(text(difference.getCell(0))).isEqualTo("difference");
            assertThat(value(evaluator, difference.getCell(3))).isEqualByComparingTo("-1");
        }
    }

    @Test
    void aNumberThatASpreadsheetWouldRoundIsText() throws IOException {
        DayReport report = SampleReports.longNames(40);

        try (Workbook workbook = read(xlsx.render(report))) {
            Sheet sheet = workbook.getSheet("4-mismatches");
            int last = sheet.getLastRowNum();
            Cell sum = sheet.getRow(last - 2).getCell(8);

            assertThat(sum.getCellType()).isEqualTo(CellType.STRING);
            assertThat(sum.getStringCellValue()).isEqualTo(report.facts().openMsat().toString());
            assertThat(sheet.getRow(last).getCell(8)).isNull();
        }
    }

    @Test
    void goesOnInAFurtherSheet() throws IOException {
        DayReport report = SampleReports.with(100);

        try (Workbook workbook = read(new DayXlsx(30).render(report))) {
            List<String> names = new ArrayList<>();
            BigDecimal sum = BigDecimal.ZERO;
            for (Sheet sheet : workbook) {
                if (sheet.getSheetName().startsWith("4-mismatches")) {
                    names.add(sheet.getSheetName());
                    assertThat(sheet.getLastRowNum()).isLessThan(34);
                    sum = sum.add(number(sheet.getRow(sheet.getLastRowNum() - 2).getCell(8)));
                }
            }

            assertThat(names)
                    .containsExactly(
                            "4-mismatches",
                            "4-mismatches (2)",
                            "4-mismatches (3)",
                            "4-mismatches (4)");
            assertThat(sum).isEqualByComparingTo(new BigDecimal(report.facts().openMsat()));
        }
    }

    @Test
    void textIsNeverAFormula() throws IOException {
        try (Workbook workbook = read(xlsx.render(SampleReports.hostile(40)))) {
            List<String> formulas = new ArrayList<>();
            for (Sheet sheet : workbook) {
                for (Row row : sheet) {
                    for (Cell cell : row) {
                        if (cell.getCellType() == CellType.FORMULA) {
                            formulas.add(cell.getCellFormula());
                        }
                    }
                }
            }
            assertThat(formulas)
                    .isNotEmpty()
                    .allMatch(formula -> formula.matches("(ROUND|SUM|[-+0-9A-Z:,()])+"));
        }
    }

    @Test
    void equalReportsGiveEqualBytes() {
        assertThat(xlsx.render(SampleReports.with(40)))
                .isEqualTo(xlsx.render(SampleReports.with(40)));
    }

    private static Workbook read(byte[] workbook) throws IOException {
        return new XSSFWorkbook(new ByteArrayInputStream(workbook));
    }

    /// Numbers of the sheet's rows; of amounts those in sat, too.
    private static List<List<String>> numbers(Sheet sheet, DayTable table) {
        List<List<String>> rows = new ArrayList<>();
        for (Row row : sheet) {
            if (row.getRowNum() == 0
                    || Stream.of("added up again", "difference")
                            .anyMatch(text(row.getCell(0))::equals)) {
                continue;
            }
            List<String> numbers = new ArrayList<>();
            int place = 0;
            for (Column column : table.columns()) {
                if (column.kind() != DayTable.Kind.TEXT) {
                    numbers.add(plain(row.getCell(place)));
                }
                if (column.isAmount()) {
                    place++;
                    numbers.add(plain(row.getCell(place)));
                }
                place++;
            }
            rows.add(numbers);
        }
        return rows;
    }

    private static List<List<String>> expected(DayTable table) {
        List<List<String>> rows = new ArrayList<>();
        for (DayTable.Row row : table.withSum().rows()) {
            List<String> numbers = new ArrayList<>();
            for (int i = 0; i < table.columns().size(); i++) {
                Column column = table.columns().get(i);
                String cell = row.cells().get(i);
                if (column.kind() != DayTable.Kind.TEXT) {
                    numbers.add(cell.isEmpty() ? "" : plain(new BigDecimal(cell)));
                }
                if (column.isAmount()) {
                    numbers.add(
                            cell.isEmpty() ? "" : plain(new BigDecimal(new BigInteger(cell), 3)));
                }
            }
            rows.add(numbers);
        }
        return rows;
    }

    private static Cell above(Cell cell, int rows) {
        return cell.getSheet().getRow(cell.getRowIndex() - rows).getCell(cell.getColumnIndex());
    }

    private static BigDecimal value(FormulaEvaluator evaluator, Cell cell) {
        CellValue value = evaluator.evaluate(cell);
        assertThat(value.getCellType()).isEqualTo(CellType.NUMERIC);
        return exact(value.getNumberValue());
    }

    private static BigDecimal number(Cell cell) {
        return exact(cell.getNumericCellValue());
    }

    /// A spreadsheet shows fifteen digits.
    private static BigDecimal exact(double number) {
        return new BigDecimal(number).round(new MathContext(15));
    }

    private static String plain(@Nullable Cell cell) {
        return cell == null ? "" : plain(number(cell));
    }

    private static String plain(BigDecimal number) {
        return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
    }

    private static String text(@Nullable Cell cell) {
        return cell != null && cell.getCellType() == CellType.STRING
                ? cell.getStringCellValue()
                : "";
    }
}
