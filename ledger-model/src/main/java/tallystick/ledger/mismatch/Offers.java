package tallystick.ledger.mismatch;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tallystick.ledger.match.Offer;
import tallystick.ledger.match.Offer.Choice;
import tallystick.ledger.match.Proposal.Basis;
import tallystick.ledger.match.Proposal.Standing;
import tallystick.ledger.mismatch.Finding.HalfLine;

/// Offers in words.
final class Offers {
    private static final int HEAD = 8;
    private static final int HASH_LENGTH = 64;

    private Offers() {}

    static String sentence(Offer offer) {
        if (offer.choices().isEmpty()) {
            return "Too much of that day is unbooked to look through; nothing is proposed.";
        }
        List<String> choices = new ArrayList<>();
        for (int i = 0; i < offer.choices().size(); i++) {
            choices.add("(%d) %s".formatted(i + 1, text(offer.choices().get(i))));
        }
        return "%s: %s.".formatted(head(offer), String.join("; ", choices)) + rivals(offer);
    }

    private static String head(Offer offer) {
        String by = offer.basis() == Basis.KEY ? "By its order or memo" : "By amount and day alone";
        int count = offer.choices().size();
        if (offer.standing() == Standing.UNIQUE) {
            return by + " it can be one thing only";
        }
        if (offer.standing() == Standing.BUDGET_SPENT) {
            return "%s it may be one of at least %d; the search was cut short".formatted(by, count);
        }
        return count == 1
                ? by + " it may be one thing"
                : "%s it may be one of %d".formatted(by, count);
    }

    private static String rivals(Offer offer) {
        return offer.rivals().isEmpty()
                ? ""
                : " The same could be meant by %s.".formatted(String.join(", ", offer.rivals()));
    }

    private static String text(Choice choice) {
        String settled =
                choice.settled().stream()
                        .map(one -> shortened(one.reference()))
                        .collect(joining(" + "));
        return choice.otherEntries().isEmpty()
                ? settled
                : "%s, together with %s"
                        .formatted(settled, String.join(", ", choice.otherEntries()));
    }

    private static String shortened(String reference) {
        int hash = reference.indexOf(':') + 1;
        return reference.length() - hash == HASH_LENGTH
                ? reference.substring(0, hash + HEAD) + "…"
                : reference;
    }

    /// One for each settlement of each alternative, in full.
    static List<HalfLine> lines(Offer offer) {
        List<HalfLine> lines = new ArrayList<>();
        for (int i = 0; i < offer.choices().size(); i++) {
            for (Offer.Settled one : offer.choices().get(i).settled()) {
                lines.add(
                        new HalfLine(
                                one.node(),
                                new AlternativeLine(i + 1, one.reference()).text(),
                                one.amountMsat(),
                                Optional.of(one.at())));
            }
        }
        return lines;
    }
}
