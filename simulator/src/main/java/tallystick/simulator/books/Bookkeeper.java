package tallystick.simulator.books;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.locks.ReentrantLock;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.Invoice.InvoiceState;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.Payment.PaymentStatus;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.EntryKind;
import tallystick.simulator.node.Listener;
import tallystick.simulator.server.Rpc;

/// Books what nodes settle, some of it wrongly, and puts that right a while later: in the end the books agree with the
/// nodes. Chance decides about each settlement, from a seed: the same settlements in the same order are booked in the same
/// way. Any thread.
public final class Bookkeeper {
    /// Of all settlements.
    private static final int MISTAKE_PERCENT = 8;

    private static final int PERCENT = 100;
    private static final long MSAT = 1000;
    private static final long NANOS = 1_000_000_000L;

    /// An amount that is wrong is too large by one part in this.
    private static final long WRONG_PART = 10;

    private static final Span USUAL = Span.ofMillis(300, 2_000);
    private static final Span SOON = Span.ofMillis(15_000, 40_000);
    private static final Span MUCH_LATER = Span.ofMillis(60_000, 120_000);

    /// A time that chance chooses.
    private record Span(long minMillis, long maxMillis) {
        static Span ofMillis(long min, long max) {
            return new Span(min, max);
        }

        Duration choose(SplittableRandom random) {
            return Duration.ofMillis(random.nextLong(minMillis, maxMillis + 1));
        }
    }

    /// Something that a node has settled.
    private record Settled(String name, String reference, Instant at, Optional<String> order) {}

    /// An entry that will be booked at its time.
    ///
    /// @param note for people; empty for what goes as it should
    private record Planned(Instant due, int number, BookEntry.Builder entry, String note) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final PriorityQueue<Planned> planned =
            new PriorityQueue<>(
                    Comparator.comparing(Planned::due).thenComparingInt(Planned::number));
    private final String source;
    private final SplittableRandom random;
    private final InstantSource clock;
    private final Desk desk;
    private int entries;
    private int plans;

    /// @param source the system that the entries say they come from
    public Bookkeeper(String source, long seed, InstantSource clock, Desk desk) {
        this.source = source;
        this.random = new SplittableRandom(seed);
        this.clock = clock;
        this.desk = desk;
    }

    /// What is to be given to a node of this name, so that its settlements are booked.
    public Listener of(String alias) {
        return (rpc, message) -> hear(alias, rpc, message);
    }

    /// Books what is due.
    public void work() {
        for (Planned next : takeDue()) {
            if (!next.note().isEmpty()) {
                desk.say(next.note());
            }
            desk.book(next.entry().setBookedAtNs(nanos(next.due())).build());
        }
    }

    private List<Planned> takeDue() {
        Instant now = clock.instant();
        var due = new ArrayList<Planned>();
        lock.lock();
        try {
            while (!planned.isEmpty() && !planned.element().due().isAfter(now)) {
                due.add(planned.remove());
            }
        } finally {
            lock.unlock();
        }
        return due;
    }

    private void hear(String alias, String rpc, ByteString message) {
        lock.lock();
        try {
            switch (rpc) {
                case Rpc.SUBSCRIBE_INVOICES -> invoice(alias, Invoice.parseFrom(message));
                case Rpc.TRACK_PAYMENTS -> payment(Payment.parseFrom(message));
                default -> {} // Nothing that a shop books.
            }
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(rpc + ": not what lnd says", e);
        } finally {
            lock.unlock();
        }
    }

    // --- what is booked

    private void invoice(String alias, Invoice invoice) {
        if (invoice.getState() != InvoiceState.SETTLED) {
            return;
        }
        String hash = HexFormat.of().formatHex(invoice.getRHash().toByteArray());
        boolean isOrder = !invoice.getMemo().isEmpty();
        // Each node counts its orders from 1 on.
        String order = alias + "-" + invoice.getMemo();
        var settled =
                new Settled(
                        isOrder ? order : "keysend " + shortened(hash),
                        "payment_hash:" + hash,
                        clock.instant(),
                        isOrder ? Optional.of(order) : Optional.empty());
        BookEntry.Builder receipt =
                entry(settled, EntryKind.ENTRY_KIND_RECEIPT, invoice.getAmtPaidMsat())
                        .setAccount(isOrder ? "income:sales" : "income:tips");
        book(settled, receipt, mistake(receipt, false));
    }

    private void payment(Payment payment) {
        if (payment.getStatus() != PaymentStatus.SUCCEEDED) {
            return;
        }
        String hash = payment.getPaymentHash();
        var settled =
                new Settled(
                        "payment " + shortened(hash),
                        "payment_hash:" + hash,
                        clock.instant(),
                        Optional.empty());
        BookEntry.Builder sent =
                entry(settled, EntryKind.ENTRY_KIND_PAYMENT, payment.getValueMsat())
                        .setAccount("expense:suppliers");
        boolean hasFee = payment.getFeeMsat() > 0;
        Optional<Mistake> mistake = mistake(sent, hasFee);
        Instant due = book(settled, sent, mistake);
        if (hasFee) {
            BookEntry.Builder fee =
                    entry(settled, EntryKind.ENTRY_KIND_ROUTING_FEE, payment.getFeeMsat())
                            .setAccount("expense:routing");
            if (mistake.filter(Mistake.FEE_FORGOTTEN::equals).isPresent()) {
                Duration wait = SOON.choose(random);
                desk.say("%s: its fee is forgotten for %s".formatted(settled.name(), text(wait)));
                plan(due.plus(wait), fee, settled.name() + ": its fee is booked");
            } else {
                plan(due, fee, "");
            }
        }
    }

    private Optional<Mistake> mistake(BookEntry.Builder entry, boolean hasFee) {
        if (random.nextInt(PERCENT) >= MISTAKE_PERCENT) {
            return Optional.empty();
        }
        var possible = new ArrayList<>(List.of(Mistake.values()));
        if (!hasFee) {
            possible.remove(Mistake.FEE_FORGOTTEN);
        }
        if (entry.getAmountMsat() % MSAT != 0) {
            possible.remove(Mistake.WRONG_UNIT);
        }
        return Optional.of(possible.get(random.nextInt(possible.size())));
    }

    /// When it is booked, rightly or wrongly.
    private Instant book(Settled settled, BookEntry.Builder entry, Optional<Mistake> mistake) {
        Instant usual = settled.at().plus(USUAL.choose(random));
        if (mistake.isEmpty()) {
            plan(usual, entry, "");
            return usual;
        }
        return switch (mistake.get()) {
            case LATE -> late(settled, entry, SOON.choose(random), "is booked late");
            case FORGOTTEN -> late(settled, entry, MUCH_LATER.choose(random), "is forgotten");
            case WRONG_AMOUNT -> {
                long amount = entry.getAmountMsat() + entry.getAmountMsat() / WRONG_PART;
                yield wrongly(settled, entry, amount, "with a wrong amount", usual);
            }
            case WRONG_UNIT -> {
                long amount = entry.getAmountMsat() / MSAT;
                yield wrongly(settled, entry, amount, "in the wrong unit", usual);
            }
            case TWICE -> twice(settled, entry, usual);
            case FEE_FORGOTTEN -> {
                plan(usual, entry, "");
                yield usual;
            }
        };
    }

    private Instant late(Settled settled, BookEntry.Builder entry, Duration wait, String what) {
        desk.say("%s: %s, for %s".formatted(settled.name(), what, text(wait)));
        Instant due = settled.at().plus(wait);
        plan(due, entry, settled.name() + ": is booked now");
        return due;
    }

    private Instant wrongly(
            Settled settled, BookEntry.Builder right, long amount, String how, Instant due) {
        Duration wait = SOON.choose(random);
        BookEntry.Builder wrong = right.clone().setAmountMsat(amount);
        plan(due, wrong, "%s: is booked %s, for %s".formatted(settled.name(), how, text(wait)));
        reverse(due.plus(wait), wrong, settled.name() + ": is reversed, and booked anew");
        plan(due.plus(wait), right.setEntryId(newId()), "");
        return due;
    }

    private Instant twice(Settled settled, BookEntry.Builder entry, Instant due) {
        Duration wait = SOON.choose(random);
        plan(due, entry, "%s: is booked twice, for %s".formatted(settled.name(), text(wait)));
        BookEntry.Builder copy = entry.clone().setEntryId(newId());
        plan(due, copy, "");
        reverse(due.plus(wait), copy, settled.name() + ": the copy is reversed");
        return due;
    }

    private void reverse(Instant due, BookEntry.Builder wrong, String note) {
        plan(
                due,
                wrong.clone()
                        .setEntryId(newId())
                        .setKind(EntryKind.ENTRY_KIND_REVERSAL)
                        .setReverses(wrong.getEntryId()),
                note);
    }

    private void plan(Instant due, BookEntry.Builder entry, String note) {
        planned.add(new Planned(due, plans++, entry, note));
    }

    private BookEntry.Builder entry(Settled settled, EntryKind kind, long msat) {
        return BookEntry.newBuilder()
                .setEntryId(newId())
                .setSource(source)
                .setValueDate(settled.at().atOffset(ZoneOffset.UTC).toLocalDate().toString())
                .setKind(kind)
                .setReference(settled.reference())
                .setAmountMsat(msat)
                .setOrder(settled.order().orElse(""));
    }

    private String newId() {
        entries++;
        return "e" + entries;
    }

    private static String shortened(String hash) {
        return hash.substring(0, 8);
    }

    private static String text(Duration wait) {
        return "%d s".formatted(wait.toSeconds());
    }

    private static long nanos(Instant at) {
        return at.getEpochSecond() * NANOS + at.getNano();
    }
}
