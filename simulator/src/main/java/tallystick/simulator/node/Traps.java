package tallystick.simulator.node;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/// The traps that are set, each with its measure. Immutable.
public record Traps(Map<Trap, Integer> measures) {
    private static final Traps NONE = new Traps(Map.of());

    public Traps {
        var copy = new EnumMap<Trap, Integer>(Trap.class);
        copy.putAll(measures);
        measures = Collections.unmodifiableMap(copy);
    }

    public static Traps none() {
        return NONE;
    }

    public static Traps of(Trap... traps) {
        Traps set = NONE;
        for (Trap trap : traps) {
            set = set.with(trap);
        }
        return set;
    }

    public Traps with(Trap trap) {
        return with(trap, trap.usual());
    }

    public Traps with(Trap trap, int measure) {
        var more = new EnumMap<Trap, Integer>(Trap.class);
        more.putAll(measures);
        more.put(trap, measure);
        return new Traps(more);
    }

    public Traps without(Trap trap) {
        var fewer = new EnumMap<Trap, Integer>(Trap.class);
        fewer.putAll(measures);
        fewer.remove(trap);
        return new Traps(fewer);
    }

    public boolean has(Trap trap) {
        return measures.containsKey(trap);
    }

    /// 0 when the trap is not set.
    public int measure(Trap trap) {
        return measures.getOrDefault(trap, 0);
    }
}
