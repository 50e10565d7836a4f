package tallystick.simulator.books;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.Invoice.InvoiceState;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.Payment.PaymentStatus;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.EntryKind;
import tallystick.simulator.node.Listener;
import tallystick.simulator.server.Rpc;

class BookkeeperTest {
    private static final int SETTLEMENTS = 600;
    private static final Duration BETWEEN = Duration.ofMillis(500);

    /// The longest that anything stays wrong.
    private static final Duration ALL_MENDED = Duration.ofMinutes(4);

    private Instant now = Instant.parse("2026-11-27T12:00:00Z");

    /// What the nodes settled, by kind and reference, in msat.
    private final Map<String, Long> truth = new HashMap<>();

    private static final class Ledger implements Desk {
        private final List<BookEntry> entries = new ArrayList<>();
        private final List<String> said = new ArrayList<>();

        @Override
        public void book(BookEntry entry) {
            entries.add(entry);
        }

        @Override
        public void say(String inWords) {
            said.add(inWords);
        }

        Map<String, Long> net() {
            Map<String, EntryKind> kinds = new HashMap<>();
            Map<String, Long> net = new HashMap<>();
            for (BookEntry entry : entries) {
                boolean isReversal = entry.getKind() == EntryKind.ENTRY_KIND_REVERSAL;
                EntryKind kind = isReversal ? kinds.get(entry.getReverses()) : entry.getKind();
                assertThat(kind).as("%s", entry).isNotNull();
                assertThat(kinds.put(entry.getEntryId(), kind)).as("%s", entry).isNull();
                net.merge(
                        kind + " " + entry.getReference(),
                        isReversal ? -entry.getAmountMsat() : entry.getAmountMsat(),
                        Long::sum);
            }
            return net;
        }
    }

    @Test
    void inTheEndTheBooksAgreeWithTheNodes() {
        var ledger = new Ledger();
        var books = new Bookkeeper("shop", 7, () -> now, ledger);

        settle(books);
        assertThat(ledger.net()).isNotEqualTo(truth);
        pass(books, ALL_MENDED);

        assertThat(ledger.net()).isEqualTo(truth);
        assertThat(ledger.said.stream().filter(line -> line.contains(" for ")).count())
                .isBetween(SETTLEMENTS / 25L, SETTLEMENTS / 6L);
        assertThat(String.join(" ", ledger.said))
                .contains("late", "forgotten", "wrong amount", "wrong unit", "twice", "its fee");
    }

    @Test
    void aSeedDecidesAboutEveryEntry() {
        assertThat(entries(7)).isEqualTo(entries(7)).isNotEqualTo(entries(8));
    }

    private List<BookEntry> entries(long seed) {
        now = Instant.parse("2026-11-27T12:00:00Z");
        var ledger = new Ledger();
        var books = new Bookkeeper("shop", seed, () -> now, ledger);
        settle(books);
        pass(books, ALL_MENDED);
        return ledger.entries;
    }

    @Test
    void whatDidNotComeAboutIsNotBooked() {
        var ledger = new Ledger();
        var books = new Bookkeeper("shop", 7, () -> now, ledger);
        Listener alice = books.of("alice");

        alice.told(
                Rpc.SUBSCRIBE_INVOICES,
                Invoice.newBuilder().setState(InvoiceState.OPEN).build().toByteString());
        alice.told(
                Rpc.TRACK_PAYMENTS,
                Payment.newBuilder().setStatus(PaymentStatus.FAILED).build().toByteString());
        pass(books, ALL_MENDED);

        assertThat(ledger.entries).isEmpty();
    }

    private void settle(Bookkeeper books) {
        var random = new SplittableRandom(1);
        Listener alice = books.of("alice");
        for (int i = 0; i < SETTLEMENTS; i++) {
            byte[] hash = new byte[32];
            random.nextBytes(hash);
            long msat = random.nextLong(400, 90_000) * 1_000 + random.nextInt(2);
            if (random.nextBoolean()) {
                alice.told(Rpc.SUBSCRIBE_INVOICES, invoice(i, ByteString.copyFrom(hash), msat));
            } else {
                alice.told(
                        Rpc.TRACK_PAYMENTS,
                        payment(HexFormat.of().formatHex(hash), msat, msat % 7));
            }
            pass(books, BETWEEN);
        }
    }

    private ByteString invoice(int number, ByteString hash, long msat) {
        String hex = HexFormat.of().formatHex(hash.toByteArray());
        truth.put("ENTRY_KIND_RECEIPT payment_hash:" + hex, msat);
        return Invoice.newBuilder()
                .setState(InvoiceState.SETTLED)
                .setRHash(hash)
                .setMemo("ord-" + number)
                .setAmtPaidMsat(msat)
                .build()
                .toByteString();
    }

    private ByteString payment(String hash, long msat, long feeMsat) {
        truth.put("ENTRY_KIND_PAYMENT payment_hash:" + hash, msat);
        if (feeMsat > 0) {
            truth.put("ENTRY_KIND_ROUTING_FEE payment_hash:" + hash, feeMsat);
        }
        return Payment.newBuilder()
                .setStatus(PaymentStatus.SUCCEEDED)
                .setPaymentHash(hash)
                .setValueMsat(msat)
                .setFeeMsat(feeMsat)
                .build()
                .toByteString();
    }

    private void pass(Bookkeeper books, Duration time) {
        Instant end = now.plus(time);
        while (now.isBefore(end)) {
            now = now.plus(BETWEEN);
            books.work();
        }
    }
}
