package tallystick.ops.bench;

import java.util.function.Predicate;

/// The answer of a metrics endpoint. Immutable.
record Scrape(String text) {
    /// Of all series of this name whose tags the predicate takes.
    double sum(String name, Predicate<String> tags) {
        double sum = 0;
        for (String line : text.lines().toList()) {
            if (line.startsWith(name) && isSeriesOf(line, name)) {
                int end = line.lastIndexOf(' ');
                if (tags.test(line.substring(name.length(), end))) {
                    sum += Double.parseDouble(line.substring(end + 1));
                }
            }
        }
        return sum;
    }

    private static boolean isSeriesOf(String line, String name) {
        char next = line.charAt(name.length());
        return next == '{' || next == ' ';
    }

    /// Records of nodes' lists published, besides those about coverage.
    long records() {
        return (long) sum("tallystick_ingest_records_total", _ -> true);
    }

    /// Records of invoices and payments.
    long invoicesAndPayments() {
        return (long)
                sum(
                        "tallystick_ingest_records_total",
                        tags ->
                                tags.contains("list=\"invoices\"")
                                        || tags.contains("list=\"payments\""));
    }

    /// What the heap takes of the machine: never less than what is in use.
    long heap() {
        return (long) sum("jvm_memory_committed_bytes", tags -> tags.contains("area=\"heap\""));
    }

    long liveNodes() {
        return (long) sum("tallystick_ingest_state", tags -> tags.contains("state=\"live\""));
    }
}
