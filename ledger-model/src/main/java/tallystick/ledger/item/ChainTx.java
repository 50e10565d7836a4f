package tallystick.ledger.item;

import static java.util.Comparator.comparing;
import static java.util.Comparator.naturalOrder;

import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tallystick.ledger.Msat;

/// A transaction of the wallet, with the channels that it opened.
///
/// @param looks how it was seen to stand, and when; none while only the channels that it funds are known
/// @param seenAgain when it last came to stand so after it had stood otherwise, as far as that is known
/// @param label the node's own, as far as it ever gave one; may come late
/// @param openings capacity of the channels of ours that it funds, by channel point
/// @param inputs whether what it spends was the wallet's, by outpoint; a txid stands for its inputs, so they never change
/// @param outputsSat of a transaction of a close, what its outputs hold, by index
/// @param links what it has to do with others of the node
public record ChainTx(
        SortedMap<Look, Instant> looks,
        SortedMap<Look, Instant> seenAgain,
        String label,
        SortedMap<String, Msat> openings,
        SortedMap<String, Boolean> inputs,
        SortedMap<Integer, Long> outputsSat,
        Links links)
        implements NodeFacts {
    /// lnd's own labels for what belongs to the end of a channel, see lnd's `labels` package. People may label a transaction as
    /// they like, too.
    private static final Pattern CLOSE_LABEL = Pattern.compile("\\d+:(closechannel|sweep)(:.*)?");

    /// What lnd said of a transaction counts, whatever it was called before or after.
    private static final Comparator<String> LABELS =
            Comparator.<String, Boolean>comparing(ChainTx::isOfClose)
                    .thenComparing(Comparator.naturalOrder());

    /// What was seen last counts.
    private static final Comparator<Map.Entry<Look, Instant>> ORDER =
            Map.Entry.<Look, Instant>comparingByValue().thenComparing(Map.Entry.comparingByKey());

    public ChainTx {
        looks = Collections.unmodifiableSortedMap(new TreeMap<>(looks));
        seenAgain = Collections.unmodifiableSortedMap(new TreeMap<>(seenAgain));
        openings = Collections.unmodifiableSortedMap(new TreeMap<>(openings));
        inputs = Collections.unmodifiableSortedMap(new TreeMap<>(inputs));
        outputsSat = Collections.unmodifiableSortedMap(new TreeMap<>(outputsSat));
    }

    /// Where a transaction stands.
    public enum Standing {
        UNCONFIRMED,
        CONFIRMED,
        /// The node lists it no more: it was replaced, or left the chain for good.
        GONE
    }

    /// How it stood.
    ///
    /// @param changeSat what the wallet gained or lost, fee included
    /// @param time first seen, then the time of its block
    public record Look(Standing standing, int blockHeight, long changeSat, Instant time)
            implements Comparable<Look> {
        private static final Look NEVER = new Look(Standing.UNCONFIRMED, 0, 0, Instant.EPOCH);

        private static final Comparator<Look> ORDER =
                comparing(Look::standing)
                        .thenComparingInt(Look::blockHeight)
                        .thenComparingLong(Look::changeSat)
                        .thenComparing(Look::time);

        @Override
        public int compareTo(Look other) {
            return ORDER.compare(this, other);
        }
    }

    /// What a transaction has to do with others of its node. It follows from all of them together, see
    /// [tallystick.ledger.chain.ChainGraph], and no record tells it.
    ///
    /// @param returnsSat of a transaction that brings home what was in closed channels: its change, by channel point
    /// @param failed channel points of those it was to open that were given up
    /// @param replacedBy the confirmed transaction that spent the same coins
    public record Links(
            SortedMap<String, Long> returnsSat,
            SortedSet<String> failed,
            Optional<Replacement> replacedBy) {
        public static final Links NONE =
                new Links(
                        Collections.emptySortedMap(),
                        Collections.emptySortedSet(),
                        Optional.empty());

        public Links {
            returnsSat = Collections.unmodifiableSortedMap(new TreeMap<>(returnsSat));
            failed = Collections.unmodifiableSortedSet(new TreeSet<>(failed));
        }
    }

    /// What took another transaction's place.
    ///
    /// @param at when its block was made
    public record Replacement(String txid, Instant at) {}

    /// Told of by a channel that it is to open.
    public static ChainTx funding(String channelPoint, Msat capacity) {
        return new ChainTx(
                Collections.emptySortedMap(),
                Collections.emptySortedMap(),
                "",
                new TreeMap<>(Map.of(channelPoint, capacity)),
                Collections.emptySortedMap(),
                Collections.emptySortedMap(),
                Links.NONE);
    }

    /// True for transactions that the node itself made, or saw made, to end a channel.
    public static boolean isOfClose(String label) {
        return CLOSE_LABEL.matcher(label).matches();
    }

    ChainTx join(ChainTx other) {
        return new ChainTx(
                looks(other),
                Joins.union(seenAgain, other.seenAgain, (a, b) -> a.isAfter(b) ? a : b),
                LABELS.compare(label, other.label) >= 0 ? label : other.label,
                Joins.union(openings, other.openings, (a, b) -> a.compareTo(b) >= 0 ? a : b),
                Joins.union(inputs, other.inputs, (a, b) -> a || b),
                Joins.union(outputsSat, other.outputsSat, Math::max),
                links.equals(Links.NONE) ? other.links : links);
    }

    /// What is final and seen again says nothing new, so its first moment counts: a history that is read once more changes
    /// nothing. While it is not final, the last moment counts: it may have been in a block in between. A block that it left and
    /// came back to is seen again by what the record says of itself.
    private SortedMap<Look, Instant> looks(ChainTx other) {
        SortedMap<Look, Instant> result = new TreeMap<>(looks);
        other.looks.forEach(
                (look, at) ->
                        result.merge(
                                look,
                                at,
                                (a, b) ->
                                        a.isAfter(b) == (look.standing() == Standing.UNCONFIRMED)
                                                ? a
                                                : b));
        return result;
    }

    public ChainTx with(Links others) {
        return new ChainTx(looks, seenAgain, label, openings, inputs, outputsSat, others);
    }

    /// True once the wallet told of it.
    public boolean isKnown() {
        return !looks.isEmpty();
    }

    private Stream<Map.Entry<Look, Instant>> seen() {
        return Stream.concat(looks.entrySet().stream(), seenAgain.entrySet().stream());
    }

    private Optional<Map.Entry<Look, Instant>> newest() {
        return seen().max(ORDER);
    }

    /// How it stands, as it was seen last.
    public Look look() {
        return newest().map(Map.Entry::getKey).orElse(Look.NEVER);
    }

    /// When it was first seen so since it stood otherwise.
    public Instant seenAt() {
        Look look = look();
        Instant otherwise =
                seen().filter(one -> !one.getKey().equals(look))
                        .map(Map.Entry::getValue)
                        .max(naturalOrder())
                        .orElse(Instant.MIN);
        return seen().filter(one -> one.getKey().equals(look))
                .map(Map.Entry::getValue)
                .filter(at -> !at.isBefore(otherwise))
                .min(naturalOrder())
                .orElse(Instant.EPOCH);
    }

    public Standing standing() {
        return look().standing();
    }

    /// True when it was in a block once, whether it still is or not.
    public boolean wasConfirmed() {
        return looks.keySet().stream().anyMatch(look -> look.standing() == Standing.CONFIRMED);
    }

    /// True when the wallet counted it at a moment, as far as can be told by now: by its own time, or as it was seen.
    public boolean isThereAt(Instant moment) {
        return seenBy(moment)
                .map(standing -> standing != Standing.GONE)
                .orElseGet(
                        () ->
                                looks.keySet().stream()
                                        .anyMatch(look -> !look.time().isAfter(moment)));
    }

    /// True when the wallet counted it at a moment, and it was not seen to be in a block by then.
    public boolean isUnconfirmedAt(Instant moment) {
        return isThereAt(moment)
                && seenBy(moment).filter(standing -> standing == Standing.CONFIRMED).isEmpty();
    }

    /// What the wallet had gained or lost by it at a moment, by when it was seen. Where nothing was seen by then, and it was in no block,
    /// the node's own time of it counts, as being seen again takes its first moment. A block's time may lie hours from when it came.
    /// Unit: sat.
    ///
    /// @param wasSeen whether it is known to have been seen by then
    public long changeSatAt(Instant moment, boolean wasSeen) {
        boolean isNew = seenBy(moment).isEmpty();
        return seen().filter(
                        one ->
                                !one.getValue().isAfter(moment)
                                        || (isNew
                                                && one.getKey().standing() == Standing.UNCONFIRMED
                                                && (wasSeen || isBefore(one.getKey(), moment))))
                .max(ORDER)
                .map(Map.Entry::getKey)
                .filter(look -> look.standing() != Standing.GONE)
                .map(Look::changeSat)
                .orElse(0L);
    }

    /// True when its time lies so near that it does not say whether it came before that moment: it is in whole seconds.
    public boolean isUnclearAt(Instant moment) {
        return looks.entrySet().stream()
                .anyMatch(
                        one ->
                                one.getKey().standing() == Standing.UNCONFIRMED
                                        && one.getValue().isAfter(moment)
                                        && !one.getKey().time().isAfter(moment)
                                        && !isBefore(one.getKey(), moment));
    }

    private static boolean isBefore(Look look, Instant moment) {
        return look.time().isBefore(moment.minusSeconds(1));
    }

    private Optional<Standing> seenBy(Instant moment) {
        return seen().filter(one -> !one.getValue().isAfter(moment))
                .max(ORDER)
                .map(one -> one.getKey().standing());
    }

    /// What the wallet gains or loses by it as things stand. Unit: sat.
    public long changeSat() {
        return standing() == Standing.GONE ? 0 : look().changeSat();
    }

    /// The height of the last block that it was in; 0 when it was in none.
    public int lastBlock() {
        return looks.keySet().stream()
                .filter(look -> look.standing() == Standing.CONFIRMED)
                .mapToInt(Look::blockHeight)
                .max()
                .orElse(0);
    }

    public boolean isConfirmed() {
        return standing() == Standing.CONFIRMED;
    }

    /// Whether it belongs to the end of a channel, by the node's label.
    public boolean isOfClose() {
        return isOfClose(label);
    }

    /// The capacity of the channels that it opened and that were not given up. Unit: msat.
    public long openedMsat() {
        return openings.entrySet().stream()
                .filter(one -> !links.failed().contains(one.getKey()))
                .mapToLong(one -> one.getValue().value())
                .reduce(0, Math::addExact);
    }

    /// What the books must say of it: what the wallet gains or loses, but for what goes into channels or comes home from them.
    /// Unit: msat.
    public long movedMsat() {
        long home =
                links.returnsSat().values().stream()
                        .mapToLong(Long::longValue)
                        .reduce(0, Math::addExact);
        long own = Math.multiplyExact(Math.subtractExact(changeSat(), home), Msat.PER_SAT);
        return Math.addExact(own, openedMsat());
    }
}
