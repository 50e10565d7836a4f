package tallystick.simulator.node;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/// How a node lives: how often each thing happens, as a weight among all. Immutable.
public record Habits(Map<Happening, Integer> weights) {
    public Habits {
        var copy = new EnumMap<Happening, Integer>(Happening.class);
        copy.putAll(weights);
        copy.values().removeIf(weight -> weight <= 0);
        if (copy.isEmpty()) {
            throw new IllegalArgumentException("habits: none (expected: a weight above 0)");
        }
        weights = Collections.unmodifiableMap(copy);
    }

    /// Everything that there is.
    public static Habits usual() {
        var weights = new EnumMap<Happening, Integer>(Happening.class);
        for (Happening happening : Happening.values()) {
            weights.put(happening, happening.usual());
        }
        return new Habits(weights);
    }

    /// A merchant's quiet day: invoices, payments and forwards that end at once. For benchmarks.
    public static Habits traffic() {
        return new Habits(
                Map.of(
                        Happening.INVOICE, 30,
                        Happening.INVOICE_PAID, 30,
                        Happening.PAYMENT, 30,
                        Happening.FORWARD, 10));
    }

    /// What a shop's node does all day, for people who watch: everything ends soon, and nothing happens on the chain but
    /// blocks.
    public static Habits shop() {
        return new Habits(
                Map.of(
                        Happening.INVOICE, 30,
                        Happening.INVOICE_PAID, 34,
                        Happening.KEYSEND, 2,
                        Happening.PAYMENT, 20,
                        Happening.PAYMENT_IN_PARTS, 3,
                        Happening.PAYMENT_FAILS, 3,
                        Happening.PAYMENT_STUCK, 2,
                        Happening.STUCK_ENDS, 6,
                        Happening.BLOCK, 2));
    }

    public Habits with(Happening happening, int weight) {
        var more = new EnumMap<Happening, Integer>(Happening.class);
        more.putAll(weights);
        more.put(happening, weight);
        return new Habits(more);
    }

    Happening next(Dice dice) {
        int throwOf = dice.below(weights.values().stream().mapToInt(Integer::intValue).sum());
        for (Map.Entry<Happening, Integer> each : weights.entrySet()) {
            throwOf -= each.getValue();
            if (throwOf < 0) {
                return each.getKey();
            }
        }
        throw new IllegalStateException("habits: %d left (expected: a choice)".formatted(throwOf));
    }
}
