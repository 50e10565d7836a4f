package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import tallystick.proto.lnrpc.AMP;
import tallystick.proto.lnrpc.AMPInvoiceState;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.Invoice.InvoiceState;
import tallystick.proto.lnrpc.InvoiceHTLC;
import tallystick.proto.lnrpc.InvoiceHTLCState;
import tallystick.proto.lnrpc.InvoiceSubscription;
import tallystick.simulator.node.SimHtlc.Purpose;
import tallystick.simulator.node.SimInvoice.Kind;

/// The node's invoices: how they are asked for, paid, held, settled, canceled, and told. Belongs to the node's lock.
final class InvoiceDesk {
    /// The record by which a payment brings its own preimage.
    static final long KEYSEND_RECORD = 5_482_373_484L;

    /// A part of what an invoice is paid with: so much over this channel.
    record Part(SimChannel channel, long msat) {}

    /// An HTLC that stands on a channel, and its place in its invoice.
    private record Held(SimChannel channel, SimHtlc htlc, int place) {}

    private record Due(long at, SimInvoice invoice) {}

    private final World world;
    private final Shelf<SimInvoice> shelf = new Shelf<>();
    private final Map<ByteString, SimInvoice> byHash = new HashMap<>();
    private final List<FilledInvoices> fillings = new ArrayList<>();
    private final Map<SimInvoice, List<Held>> held = new LinkedHashMap<>();
    private final PriorityQueue<Due> due =
            new PriorityQueue<>(
                    Comparator.comparingLong(Due::at)
                            .thenComparingLong(each -> each.invoice().addIndex));

    /// For those who look for one to do something with. In the order of creation, without those that have ended.
    private final Map<Kind, LinkedHashMap<String, SimInvoice>> open = new HashMap<>();

    private final List<SimInvoice> settledKeysends = new ArrayList<>();
    private long lastAdd;
    private long lastSettle;
    private boolean isSql;

    InvoiceDesk(World world) {
        this.world = world;
    }

    Shelf<SimInvoice> shelf() {
        return shelf;
    }

    long lastAdd() {
        return lastAdd;
    }

    long lastSettle() {
        return lastSettle;
    }

    /// Those of a kind that can still be paid.
    List<SimInvoice> open(Kind kind) {
        return open.getOrDefault(kind, new LinkedHashMap<>()).values().stream()
                .filter(invoice -> invoice.state == InvoiceState.OPEN && !held.containsKey(invoice))
                .toList();
    }

    /// The `place`th of a kind that can still be paid, counted round and round. Quick, unlike [#open].
    Optional<SimInvoice> anyOpen(Kind kind) {
        LinkedHashMap<String, SimInvoice> all = open.getOrDefault(kind, new LinkedHashMap<>());
        return all.values().stream()
                .skip(all.isEmpty() ? 0 : world.dice.below(Math.min(all.size(), 16)))
                .filter(invoice -> invoice.state == InvoiceState.OPEN && !held.containsKey(invoice))
                .findFirst();
    }

    List<SimInvoice> accepted() {
        return held.keySet().stream()
                .filter(invoice -> invoice.state == InvoiceState.ACCEPTED)
                .toList();
    }

    List<SimInvoice> settledKeysends() {
        return settledKeysends;
    }

    // --- adding

    SimInvoice add(Kind kind, String memo, long valueMsat, long expirySeconds) {
        ByteString preimage = world.dice.hash();
        return add(
                new SimInvoice(
                        kind,
                        memo,
                        preimage,
                        kind == Kind.AMP_SPONTANEOUS ? ByteString.EMPTY : Bytes.sha256(preimage),
                        kind == Kind.KEYSEND ? SimInvoice.NO_ADDRESS : world.dice.hash(),
                        valueMsat,
                        world.nodeSeconds(),
                        expirySeconds));
    }

    private SimInvoice add(SimInvoice invoice) {
        invoice.addIndex = ++lastAdd;
        shelve(invoice);
        if (!invoice.hash.isEmpty()) {
            byHash.put(invoice.hash, invoice);
        }
        if (!invoice.isSpontaneous()) {
            open.computeIfAbsent(invoice.kind, _ -> new LinkedHashMap<>())
                    .put(invoice.key(), invoice);
            due.add(new Due(invoice.expiresAt(), invoice));
        }
        tell(message(invoice), false, invoice.addIndex);
        changed(invoice);
        return invoice;
    }

    private void shelve(SimInvoice invoice) {
        shelf.put(
                invoice.addIndex,
                invoice,
                index -> {
                    invoice.addIndex = index;
                    return invoice;
                });
    }

    void fill(FilledInvoices filling) {
        shelf.put(filling);
        fillings.add(filling);
        lastAdd += filling.size();
        lastSettle += filling.settleIndexes();
    }

    // --- being paid

    /// Pays a plain invoice; one that is held is only accepted.
    void pay(SimInvoice invoice, List<Part> parts) {
        long total = parts.stream().mapToLong(Part::msat).sum();
        for (Part part : parts) {
            arrive(invoice, part, total, Map.of(), AMP.getDefaultInstance());
        }
        if (invoice.kind == Kind.HOLD) {
            invoice.state = InvoiceState.ACCEPTED;
            invoice.paidMsat = total;
            changed(invoice);
        } else {
            settle(invoice);
        }
    }

    /// Only some of what was announced arrives; it waits, and is given back.
    void payPartly(SimInvoice invoice, Part part, long announced) {
        arrive(invoice, part, announced, Map.of(), AMP.getDefaultInstance());
    }

    SimInvoice keysend(Part part) {
        SimInvoice invoice = add(Kind.KEYSEND, "", part.msat(), 0);
        arrive(
                invoice,
                part,
                0,
                Map.of(KEYSEND_RECORD, invoice.preimage),
                AMP.getDefaultInstance());
        settle(invoice);
        settledKeysends.add(invoice);
        return invoice;
    }

    /// The same keysend once more. Nobody is told, but the invoice grows and takes a new settle index.
    void keysendAgain(SimInvoice invoice, Part part) {
        arrive(
                invoice,
                part,
                0,
                Map.of(KEYSEND_RECORD, invoice.preimage),
                AMP.getDefaultInstance());
        resolve(invoice, true);
        invoice.paidMsat += part.msat();
        invoice.settleIndex = ++lastSettle;
        world.changed(Truth.Kind.INVOICE, invoice.key(), "GROWN " + invoice.paidMsat);
        release(invoice, true);
    }

    SimInvoice spontaneousAmp(List<Part> parts) {
        long total = parts.stream().mapToLong(Part::msat).sum();
        SimInvoice invoice = add(Kind.AMP_SPONTANEOUS, "", total, 0);
        ampSet(invoice, parts);
        return invoice;
    }

    /// The set's id, in hex.
    String ampSet(SimInvoice invoice, List<Part> parts) {
        ByteString setId = world.dice.hash();
        long total = parts.stream().mapToLong(Part::msat).sum();
        for (Part part : parts) {
            ByteString preimage = world.dice.hash();
            arrive(
                    invoice,
                    part,
                    total,
                    Map.of(),
                    AMP.newBuilder()
                            .setRootShare(world.dice.hash())
                            .setSetId(setId)
                            .setChildIndex(world.dice.below(Integer.MAX_VALUE))
                            .setHash(Bytes.sha256(preimage))
                            .setPreimage(preimage)
                            .build());
        }
        String set = Bytes.hex(setId);
        // The SQL store takes an index for each part: it keeps the first and tells the last.
        long stored = lastSettle + 1;
        lastSettle += isSql() ? parts.size() : 1;
        resolve(invoice, true);
        invoice.paidMsat += total;
        invoice.sets.put(set, ampState(lastSettle, total));
        Invoice told = invoice.messageOfSet(set, world.withUnknownField());
        invoice.sets.put(set, ampState(stored, total));
        tell(told, true, lastSettle);
        world.changed(Truth.Kind.AMP_SET, set, "SETTLED");
        release(invoice, true);
        return set;
    }

    private AMPInvoiceState ampState(long settleIndex, long total) {
        return AMPInvoiceState.newBuilder()
                .setState(InvoiceHTLCState.SETTLED)
                .setSettleIndex(settleIndex)
                .setSettleTime(world.nodeSeconds())
                .setAmtPaidMsat(total)
                .build();
    }

    private void arrive(
            SimInvoice invoice, Part part, long total, Map<Long, ByteString> records, AMP amp) {
        boolean isAmp = !amp.equals(AMP.getDefaultInstance());
        SimHtlc htlc =
                world.channels.addIncoming(
                        part.channel(),
                        part.msat(),
                        isAmp ? amp.getHash() : invoice.hash,
                        new Purpose.Receive(invoice));
        var custom = new LinkedHashMap<Long, ByteString>();
        custom.put(SimPayment.FIRST_HOP_RECORD, SimPayment.FIRST_HOP_VALUE);
        custom.putAll(records);
        InvoiceHTLC.Builder message =
                InvoiceHTLC.newBuilder()
                        .setChanId(part.channel().chanId)
                        .setHtlcIndex(htlc.index())
                        .setAmtMsat(part.msat())
                        .setAcceptHeight(world.chain.height())
                        .setAcceptTime(world.nodeSeconds())
                        .setExpiryHeight(htlc.expiryHeight())
                        .setState(InvoiceHTLCState.ACCEPTED)
                        .putAllCustomRecords(custom)
                        .setMppTotalAmtMsat(total);
        if (isAmp) {
            message.setAmp(amp);
        }
        invoice.htlcs.add(message.build());
        held.computeIfAbsent(invoice, _ -> new ArrayList<>())
                .add(new Held(part.channel(), htlc, invoice.htlcs.size() - 1));
        world.channels.updated(part.channel());
    }

    // --- ends

    /// Ends what is held: first the invoice is settled and told, only then do the HTLCs leave their channels.
    void settle(SimInvoice invoice) {
        resolve(invoice, true);
        invoice.state = InvoiceState.SETTLED;
        invoice.settledAt = world.nodeSeconds();
        invoice.settleIndex = ++lastSettle;
        invoice.paidMsat =
                invoice.htlcs.stream()
                        .filter(each -> each.getState() == InvoiceHTLCState.SETTLED)
                        .mapToLong(InvoiceHTLC::getAmtMsat)
                        .sum();
        tell(message(invoice), true, invoice.settleIndex);
        changed(invoice);
        ended(invoice);
        release(invoice, true);
    }

    /// An open invoice, or one that is held.
    void cancel(SimInvoice invoice) {
        resolve(invoice, false);
        invoice.state = InvoiceState.CANCELED;
        changed(invoice);
        ended(invoice);
        release(invoice, false);
    }

    /// An HTLC has waited too long. With it goes a hold invoice; another one can still be paid.
    void giveBack(SimInvoice invoice, SimHtlc htlc) {
        if (invoice.state == InvoiceState.ACCEPTED) {
            cancel(invoice);
        } else if (held.getOrDefault(invoice, List.of()).stream()
                .anyMatch(each -> each.htlc().equals(htlc))) {
            resolve(invoice, false);
            release(invoice, false);
        }
    }

    /// Parts that wait for others that do not come.
    List<SimInvoice> incomplete() {
        return held.keySet().stream()
                .filter(invoice -> invoice.state == InvoiceState.OPEN)
                .toList();
    }

    void giveBackParts(SimInvoice invoice) {
        resolve(invoice, false);
        release(invoice, false);
    }

    /// What has run out unpaid is canceled; nobody is told. AMP invoices that were paid never run out.
    void expire() {
        Due next = due.peek();
        while (next != null && next.at() <= world.nodeSeconds()) {
            due.remove();
            SimInvoice invoice = next.invoice();
            boolean isUnpaid =
                    invoice.shownState() == InvoiceState.OPEN && !held.containsKey(invoice);
            if (isUnpaid && byHash.get(invoice.hash) == invoice) {
                cancel(invoice);
            }
            next = due.peek();
        }
    }

    private void resolve(SimInvoice invoice, boolean isSettled) {
        for (Held each : held.getOrDefault(invoice, List.of())) {
            invoice.htlcs.set(
                    each.place(),
                    invoice.htlcs.get(each.place()).toBuilder()
                            .setState(
                                    isSettled
                                            ? InvoiceHTLCState.SETTLED
                                            : InvoiceHTLCState.CANCELED)
                            .setResolveTime(world.nodeSeconds())
                            .build());
        }
    }

    private void release(SimInvoice invoice, boolean isSettled) {
        List<Held> all = held.remove(invoice);
        if (all != null) {
            all.forEach(each -> world.channels.remove(each.channel(), each.htlc(), isSettled));
        }
    }

    private void ended(SimInvoice invoice) {
        Map<String, SimInvoice> ofKind = open.get(invoice.kind);
        if (ofKind != null) {
            ofKind.remove(invoice.key());
        }
    }

    void cancelFilled() {
        fillings.forEach(FilledInvoices::cancelOpen);
    }

    // --- telling

    private boolean isSql() {
        return isSql || world.has(Trap.SQL_STORE);
    }

    Invoice message(SimInvoice invoice) {
        return invoice.message(world.withUnknownField());
    }

    private void tell(Invoice message, boolean isSettle, long index) {
        world.feeds.invoice(message, isSettle, index, world.springs(Trap.MISSED_DISPATCH));
    }

    private void changed(SimInvoice invoice) {
        world.changed(Truth.Kind.INVOICE, invoice.key(), invoice.state.name());
    }

    Optional<SimInvoice> lookUp(ByteString hash) {
        SimInvoice known = byHash.get(hash);
        if (known != null) {
            return Optional.of(known);
        }
        return fillings.stream().map(each -> each.find(hash)).flatMap(Optional::stream).findFirst();
    }

    /// What lnd sends first to one whose cursors are behind: all that was added since, as it is now, then all that was
    /// settled since. 0 asks for none.
    Iterator<ByteString> backlog(InvoiceSubscription from) {
        var parts = new ArrayList<Iterator<ByteString>>();
        if (from.getAddIndex() != 0) {
            parts.addAll(addedSince(from.getAddIndex()));
        }
        if (from.getSettleIndex() != 0) {
            parts.addAll(settledSince(from.getSettleIndex()));
        }
        return new Chain(parts.iterator());
    }

    private List<Iterator<ByteString>> addedSince(long addIndex) {
        // The key-value store looks for the cursor and goes on from there. If that invoice was
        // deleted, it finds the next
        // one, and passes over it.
        boolean isOnePassedOver = !isSql() && addIndex <= lastAdd && shelf.get(addIndex).isEmpty();
        var parts = new ArrayList<Iterator<ByteString>>();
        Iterable<Shelf.Stretch<SimInvoice>> stretches = shelf.stretches().values();
        for (Shelf.Stretch<SimInvoice> stretch : stretches) {
            if (stretch.first() + stretch.size() - 1 > addIndex) {
                if (isOnePassedOver) {
                    isOnePassedOver = false;
                    continue;
                }
                int from = (int) Math.max(0, addIndex + 1 - stretch.first());
                parts.add(told(stretch, from));
            }
        }
        return parts;
    }

    /// Stretches are made while they are sent, single ones at once, since they may change.
    private Iterator<ByteString> told(Shelf.Stretch<SimInvoice> stretch, int from) {
        Iterator<ByteString> messages =
                IntStream.range(from, stretch.size())
                        .mapToObj(stretch::at)
                        .filter(invoice -> invoice != null && isTold(invoice))
                        .map(invoice -> message(invoice).toByteString())
                        .iterator();
        return stretch.size() == 1 ? eager(messages) : messages;
    }

    private static Iterator<ByteString> eager(Iterator<ByteString> messages) {
        var all = new ArrayList<ByteString>();
        messages.forEachRemaining(all::add);
        return all.iterator();
    }

    private static boolean isTold(SimInvoice invoice) {
        InvoiceState shown = invoice.shownState();
        return shown == InvoiceState.OPEN || shown == InvoiceState.SETTLED;
    }

    private record Settle(long index, Iterator<ByteString> messages) {}

    private List<Iterator<ByteString>> settledSince(long settleIndex) {
        var invoices = new ArrayList<Settle>();
        var sets = new ArrayList<Settle>();
        for (Shelf.Stretch<SimInvoice> stretch : shelf.stretches().values()) {
            if (stretch instanceof FilledInvoices filled) {
                filled.settledAfter(settleIndex)
                        .ifPresent(
                                from ->
                                        invoices.add(
                                                new Settle(
                                                        filled.settleIndex(from),
                                                        told(stretch, from))));
            } else {
                SimInvoice invoice = stretch.at(0);
                if (invoice != null) {
                    addSettles(invoice, settleIndex, invoices, sets);
                }
            }
        }
        if (!isSql()) {
            invoices.addAll(sets);
            sets.clear();
            invoices.sort(Comparator.comparingLong(Settle::index));
        }
        invoices.addAll(sets);
        return invoices.stream().map(Settle::messages).toList();
    }

    private void addSettles(
            SimInvoice invoice, long after, List<Settle> invoices, List<Settle> sets) {
        invoice.sets.forEach(
                (setId, set) -> {
                    if (set.getSettleIndex() > after) {
                        ByteString bytes =
                                invoice.messageOfSet(setId, world.withUnknownField())
                                        .toByteString();
                        sets.add(new Settle(set.getSettleIndex(), List.of(bytes).iterator()));
                    }
                });
        if (invoice.state == InvoiceState.SETTLED && invoice.settleIndex > after) {
            ByteString bytes = message(invoice).toByteString();
            invoices.add(new Settle(invoice.settleIndex, List.of(bytes).iterator()));
        }
    }

    private static final class Chain implements Iterator<ByteString> {
        private final Iterator<Iterator<ByteString>> rest;
        private Iterator<ByteString> current = Collections.emptyIterator();

        Chain(Iterator<Iterator<ByteString>> all) {
            rest = all;
        }

        @Override
        public boolean hasNext() {
            while (!current.hasNext() && rest.hasNext()) {
                current = rest.next();
            }
            return current.hasNext();
        }

        @Override
        public ByteString next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return current.next();
        }
    }

    // --- history that changes

    void deleteCanceled() {
        delete(invoice -> invoice.state == InvoiceState.CANCELED);
    }

    private void delete(Predicate<SimInvoice> isDeleted) {
        for (Shelf.Stretch<SimInvoice> stretch : List.copyOf(shelf.stretches().values())) {
            SimInvoice invoice = stretch.size() == 1 ? stretch.at(0) : null;
            if (invoice != null && isDeleted.test(invoice)) {
                shelf.remove(stretch.first());
                byHash.remove(invoice.hash);
                world.facts.deletedInvoices.put(invoice.key(), message(invoice));
                world.changed(Truth.Kind.INVOICE, invoice.key(), "DELETED");
            }
        }
        for (FilledInvoices filling : fillings) {
            filling.deleteCanceled();
        }
    }

    /// Invoices get new ids, which are their add indexes. Settle indexes stay, but counting begins anew.
    void migrateToSql() {
        lastAdd = shelf.renumber();
        fillings.clear();
        shelf.stretches().values().stream()
                .filter(FilledInvoices.class::isInstance)
                .forEach(each -> fillings.add((FilledInvoices) each));
        lastSettle = 0;
        isSql = true;
    }

    void forget() {
        shelf.clear();
        byHash.clear();
        fillings.clear();
        held.clear();
        due.clear();
        open.clear();
        settledKeysends.clear();
        lastAdd = 0;
        lastSettle = 0;
    }

    /// All that was received, by what AMP sets there are.
    Map<String, AMPInvoiceState> sets() {
        var sets = new LinkedHashMap<String, AMPInvoiceState>();
        for (Shelf.Stretch<SimInvoice> stretch : shelf.stretches().values()) {
            SimInvoice invoice = stretch.size() == 1 ? stretch.at(0) : null;
            if (invoice != null) {
                sets.putAll(invoice.sets);
            }
        }
        return sets;
    }
}
