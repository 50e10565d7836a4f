package tallystick.reconcile.model;

import static java.util.Comparator.comparingInt;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import tallystick.ledger.NodeId;
import tallystick.proto.v1.BookEntry;

/// A made-up history: things that happen, in their natural order, and an order in which they arrive. The same seed gives the
/// same history.
///
/// @param natural every event once, in its natural order
/// @param arriving the same events, permuted and repeated, with coverage in between
/// @param expected what must be open in the end about some things, by their number
/// @param kinds what each thing is
public record History(
        List<Event.Said> natural,
        List<Event> arriving,
        Map<Integer, Thing.Expected> expected,
        List<String> kinds) {
    /// Beside these, each history has one of nearly every kind.
    private static final int MADE_UP = 4;

    private static final int KINDS_LEFT_OUT = 2;
    private static final int COVERED_EVERY = 6;

    /// When everything has arrived and has become due, and everything is read.
    public static final int END = 3_000;

    /// How far an event may come after its natural time, by the luck of the seed. Minutes.
    private static final int[] DELAYS = {0, 20, 90, 400, 3_000};

    public static History of(long seed) {
        Random random = new Random(seed);
        List<Event.Said> natural = new ArrayList<>();
        Map<Integer, Thing.Expected> expected = new LinkedHashMap<>();
        List<String> kinds = new ArrayList<>();
        Kind[] all = Kind.values();
        int first = random.nextInt(all.length);
        int different = all.length - KINDS_LEFT_OUT;
        for (int told = 0; told < different + MADE_UP; told++) {
            Kind kind = told < different ? all[(first + told) % all.length] : Kind.MADE_UP;
            // Some need others of their kind.
            for (int i = 0; i < kind.together(); i++) {
                Thing thing = new Thing(kinds.size(), i, random);
                kind.tell(thing);
                natural.addAll(thing.told());
                thing.expected().ifPresent(one -> expected.put(thing.number, one));
                kinds.add(kind.name());
            }
        }
        natural.sort(comparingInt(Event::minute));
        return new History(natural, arriving(natural, random), expected, kinds);
    }

    private static List<Event> arriving(List<Event.Said> natural, Random random) {
        int delay = DELAYS[random.nextInt(DELAYS.length)];
        Map<Event.Said, Integer> moments = new HashMap<>();
        List<Event.Said> order = new ArrayList<>();
        for (Event.Said event : natural) {
            // Few are late, unless all are.
            boolean isLate = delay > 400 || random.nextInt(4) == 0;
            moments.put(event, event.minute() + (isLate ? random.nextInt(delay + 1) : 0));
            order.add(event);
        }
        order.sort(comparingInt(moments::get));
        int repeats = random.nextInt(order.size() / 3);
        for (int i = 0; i < repeats; i++) {
            int from = random.nextInt(order.size());
            int to = from + 1 + random.nextInt(order.size() - from);
            order.add(to, order.get(from));
        }
        keepFirstOfEachNumber(natural, order);
        return withCoverage(order, random);
    }

    /// Which of several entries with one number came first is part of the evidence, so it stays first whatever the order.
    private static void keepFirstOfEachNumber(List<Event.Said> natural, List<Event.Said> order) {
        Map<String, Set<Event.Said>> byNumber = new LinkedHashMap<>();
        for (Event.Said event : natural) {
            number(event)
                    .ifPresent(
                            number ->
                                    byNumber.computeIfAbsent(number, _ -> new LinkedHashSet<>())
                                            .add(event));
        }
        byNumber.values().stream()
                .filter(events -> events.size() > 1)
                .forEach(
                        events -> {
                            Event.Said standing = events.iterator().next();
                            int first = -1;
                            for (int i = 0; i < order.size(); i++) {
                                if (first < 0 && events.contains(order.get(i))) {
                                    first = i;
                                }
                            }
                            Collections.swap(order, first, order.indexOf(standing));
                        });
    }

    private static Optional<String> number(Event.Said event) {
        return event.message() instanceof BookEntry entry
                ? Optional.of(entry.getSource() + "/" + entry.getEntryId())
                : Optional.empty();
    }

    /// Coverage is told all along, sometimes of what is still to come, sometimes late; of a third node only from some moment
    /// on. What it claims need not be true: whatever is claimed, all who read the same must come to the same.
    private static List<Event> withCoverage(List<Event.Said> order, Random random) {
        List<Event> result = new ArrayList<>();
        int thirdFrom = random.nextInt(2 * order.size());
        int minute = 0;
        for (int i = 0; i < order.size(); i++) {
            result.add(order.get(i));
            minute = Math.max(minute, order.get(i).minute());
            if (random.nextInt(COVERED_EVERY) == 0) {
                NodeId node =
                        i > thirdFrom && random.nextInt(3) == 0
                                ? Thing.C
                                : random.nextBoolean() ? Thing.A : Thing.B;
                int until = Math.max(0, minute - random.nextInt(30));
                result.add(
                        new Event.Covered(
                                minute,
                                node,
                                until,
                                Thing.height(until),
                                random.nextInt(3) == 0 ? random.nextInt(20) : 0));
            }
        }
        List<NodeId> nodes = new ArrayList<>(List.of(Thing.A, Thing.B));
        if (thirdFrom < order.size()) {
            nodes.add(Thing.C);
        }
        for (NodeId node : nodes) {
            result.add(new Event.Covered(END, node, END, 2_000, 0));
        }
        return result;
    }
}
