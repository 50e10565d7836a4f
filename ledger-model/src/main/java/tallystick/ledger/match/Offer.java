package tallystick.ledger.match;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import tallystick.ledger.match.Proposal.Basis;
import tallystick.ledger.match.Proposal.Standing;

/// A proposal as an item keeps it: with references and amounts in place of ids, so that a person can decide. Immutable.
///
/// @param rivals references of other entries that could claim the same
public record Offer(Basis basis, Standing standing, List<Choice> choices, List<String> rivals) {
    private static final Pattern LINE = Pattern.compile("\n");
    private static final Pattern FIELD = Pattern.compile("\t");
    private static final String HEAD = "offer";
    private static final String CHOICE = "choice";
    private static final String SETTLED = "settled";
    private static final String WITH = "with";
    private static final String RIVAL = "rival";

    public Offer {
        choices = List.copyOf(choices);
        rivals = List.copyOf(rivals);
    }

    /// One alternative.
    ///
    /// @param settled what the entry would be about
    /// @param otherEntries references of entries that would be about it too
    public record Choice(List<Settled> settled, List<String> otherEntries) {
        public Choice {
            settled = List.copyOf(settled);
            otherEntries = List.copyOf(otherEntries);
        }
    }

    /// A settlement of an alternative.
    ///
    /// @param amountMsat in positive, out negative, with the fee if the entry would hold it
    public record Settled(String reference, String node, long amountMsat, Instant at) {}

    /// One way only; `parse` gives it back. References hold neither tabs nor line ends, or they are blanks afterwards.
    public String text() {
        StringBuilder text = new StringBuilder();
        line(text, HEAD, basis.name(), standing.name());
        for (Choice choice : choices) {
            line(text, CHOICE);
            choice.settled()
                    .forEach(
                            one ->
                                    line(
                                            text,
                                            SETTLED,
                                            one.reference(),
                                            one.node(),
                                            Long.toString(one.amountMsat()),
                                            one.at().toString()));
            choice.otherEntries().forEach(entry -> line(text, WITH, entry));
        }
        rivals.forEach(rival -> line(text, RIVAL, rival));
        return text.toString();
    }

    private static void line(StringBuilder text, String... fields) {
        for (int i = 0; i < fields.length; i++) {
            text.append(i == 0 ? "" : "\t").append(fields[i].replaceAll("[\t\n]", " "));
        }
        text.append('\n');
    }

    /// Reads what `text` gave.
    public static Offer parse(String text) {
        Basis basis = Basis.AMOUNT;
        Standing standing = Standing.BUDGET_SPENT;
        List<Choice> choices = new ArrayList<>();
        List<Settled> settled = new ArrayList<>();
        List<String> others = new ArrayList<>();
        List<String> rivals = new ArrayList<>();
        boolean isOpen = false;
        for (String line : LINE.split(text, -1)) {
            String[] fields = FIELD.split(line, -1);
            if (isOpen && (fields[0].equals(CHOICE) || fields[0].equals(RIVAL))) {
                choices.add(new Choice(settled, others));
                settled.clear();
                others.clear();
                isOpen = false;
            }
            switch (fields[0]) {
                case HEAD -> {
                    basis = Basis.valueOf(fields[1]);
                    standing = Standing.valueOf(fields[2]);
                }
                case CHOICE -> isOpen = true;
                case SETTLED ->
                        settled.add(
                                new Settled(
                                        fields[1],
                                        fields[2],
                                        Long.parseLong(fields[3]),
                                        Instant.parse(fields[4])));
                case WITH -> others.add(fields[1]);
                case RIVAL -> rivals.add(fields[1]);
                default -> {
                    // The end.
                }
            }
        }
        if (isOpen) {
            choices.add(new Choice(settled, others));
        }
        return new Offer(basis, standing, choices, rivals);
    }
}
