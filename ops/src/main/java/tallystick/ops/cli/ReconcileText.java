package tallystick.ops.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import tallystick.ops.bench.ReconcileFigures;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// What the reconciler reached, for people and for programs.
final class ReconcileText {
    private static final int NAME_WIDTH = 40;
    private static final double SMALL = 100;
    private static final double MIB = 1024.0 * 1024;

    private ReconcileText() {}

    static String table(List<ReconcileFigures> figures) {
        var text = new StringBuilder();
        row(text, figures, "items", ReconcileFigures::items);
        row(text, figures, "workers", ReconcileFigures::workers);
        row(text, figures, "events/s", ReconcileFigures::eventsPerSecond);
        row(text, figures, "yardstick, rows/s", ReconcileFigures::referenceRowsPerSecond);
        row(text, figures, "events to rows", ReconcileFigures::ratio);
        row(
                text,
                figures,
                "p50 to decision at half that rate, ms",
                ReconcileFigures::decisionMillisP50);
        row(
                text,
                figures,
                "p99 to decision at half that rate, ms",
                ReconcileFigures::decisionMillisP99);
        row(text, figures, "peak heap, broker included, MiB", one -> one.peakHeapBytes() / MIB);
        row(text, figures, "bytes in Postgres per event", ReconcileFigures::postgresBytesPerEvent);
        row(text, figures, "CPU of JVM and broker, µs/event", ReconcileFigures::jvmMicros);
        row(text, figures, "CPU of Postgres, µs/event", ReconcileFigures::postgresMicros);
        row(text, figures, "CPU, µs/event", one -> one.jvmMicros() + one.postgresMicros());
        row(text, figures, "pages touched per event", ReconcileFigures::buffersPerEvent);
        row(text, figures, "p95 of an item's lookup, ms", ReconcileFigures::lookupMillisP95);
        return text.toString();
    }

    private static void row(
            StringBuilder text,
            List<ReconcileFigures> figures,
            String name,
            ToDoubleFunction<ReconcileFigures> value) {
        text.append(name).repeat(" ", Math.max(1, NAME_WIDTH - name.length()));
        for (ReconcileFigures one : figures) {
            text.append("%14s".formatted(number(value.applyAsDouble(one))));
        }
        text.append(System.lineSeparator());
    }

    private static String number(double value) {
        boolean isSmall = Math.abs(value) < SMALL && value != Math.rint(value);
        return String.format(Locale.ROOT, isSmall ? "%,.2f" : "%,.0f", value);
    }

    static String json(List<ReconcileFigures> figures) {
        return JsonMapper.builder()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .build()
                        .writeValueAsString(figures.stream().map(ReconcileText::object).toList())
                + System.lineSeparator();
    }

    private static Map<String, Object> object(ReconcileFigures one) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("items", one.items());
        object.put("workers", one.workers());
        object.put("events_per_second", one.eventsPerSecond());
        object.put("reference_rows_per_second", one.referenceRowsPerSecond());
        object.put("ratio", one.ratio());
        object.put("p50_decision_ms", one.decisionMillisP50());
        object.put("p99_decision_ms", one.decisionMillisP99());
        object.put("peak_heap_bytes", one.peakHeapBytes());
        object.put("postgres_bytes_per_event", one.postgresBytesPerEvent());
        object.put("jvm_cpu_us_per_event", one.jvmMicros());
        object.put("postgres_cpu_us_per_event", one.postgresMicros());
        return object;
    }
}
