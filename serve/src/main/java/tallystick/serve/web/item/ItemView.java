package tallystick.serve.web.item;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import tallystick.db.query.ItemReader;
import tallystick.db.query.MismatchReader;
import tallystick.report.figures.Severity;
import tallystick.serve.web.mismatch.Listed;

/// What the template of one item prints.
///
/// @param isCut true when there is more than fits
public record ItemView(
        ItemReader.Head item,
        List<ItemReader.Transfer> transfers,
        List<ItemReader.Evidence> evidence,
        List<MismatchReader.Row> mismatches,
        boolean isCut) {
    private static final String NODE = "node:";
    private static final String BOOKS = "books:";

    public ItemView {
        transfers = List.copyOf(transfers);
        evidence = List.copyOf(evidence);
        mismatches = List.copyOf(mismatches);
    }

    /// A transfer of each half, side by side.
    public record Beside(Optional<ItemReader.Transfer> node, Optional<ItemReader.Transfer> books) {}

    /// In the order in which they became known.
    public List<Beside> halves() {
        List<ItemReader.Transfer> nodes = of(NODE);
        List<ItemReader.Transfer> books = of(BOOKS);
        List<Beside> result = new ArrayList<>();
        for (int i = 0; i < Math.max(nodes.size(), books.size()); i++) {
            result.add(new Beside(at(nodes, i), at(books, i)));
        }
        return result;
    }

    private static Optional<ItemReader.Transfer> at(List<ItemReader.Transfer> half, int i) {
        return i < half.size() ? Optional.of(half.get(i)) : Optional.empty();
    }

    private List<ItemReader.Transfer> of(String half) {
        return counted(one -> other(one).startsWith(half));
    }

    private List<ItemReader.Transfer> counted(Predicate<ItemReader.Transfer> which) {
        return transfers.stream()
                .filter(one -> ItemParts.onClearing(one).signum() != 0)
                .filter(which)
                .toList();
    }

    /// The account of a transfer that is not clearing.
    private static String other(ItemReader.Transfer one) {
        return one.debit().equals("clearing") ? one.credit() : one.debit();
    }

    /// What the nodes say, in positive, out negative. Unit: msat.
    public BigInteger nodeMsat() {
        return sum(of(NODE));
    }

    /// What the books say, signed alike. Unit: msat.
    public BigInteger booksMsat() {
        return sum(of(BOOKS)).negate();
    }

    /// What a rule or a decision put between them. Unit: msat.
    public BigInteger bridgedMsat() {
        return sum(counted(one -> !other(one).startsWith(NODE) && !other(one).startsWith(BOOKS)));
    }

    /// As the books have it.
    public BigInteger booked(ItemReader.Transfer one) {
        return ItemParts.onClearing(one).negate();
    }

    private static BigInteger sum(List<ItemReader.Transfer> transfers) {
        return transfers.stream()
                .map(ItemParts::onClearing)
                .reduce(BigInteger.ZERO, BigInteger::add);
    }

    public boolean differs() {
        return !nodeMsat().equals(booksMsat());
    }

    /// How the halves stand to each other, with the sign.
    public String compared() {
        boolean hasNode = !of(NODE).isEmpty();
        boolean hasBooks = !of(BOOKS).isEmpty();
        if (!hasNode && !hasBooks) {
            return "not compared";
        }
        if (!differs()) {
            return "= same";
        }
        if (item.residueMsat() == 0) {
            return "≈ bridged";
        }
        return hasNode ? hasBooks ? "≠ differs" : "≠ only the node" : "≠ only the books";
    }

    /// How it stands, with the sign.
    public String state() {
        return ItemPages.state(item.state());
    }

    public static String id(MismatchReader.Row one) {
        return HexFormat.of().formatHex(one.id());
    }

    /// How a mismatch stands, with the sign.
    public static String state(MismatchReader.Row one) {
        return Listed.state(one.state());
    }

    public static Severity severity(MismatchReader.Row one) {
        return Severity.of(one.severity());
    }
}
