package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whatever single record is left out, or told with a wrong amount: the residual is exactly its effect, the channel or the node and
/// the interval are named, and it closes by itself when the record comes. Told again it has no effect.
class LeftOutIT {
    private static final int SEEDS = 20;
    private static final long OPENED = 900_001;
    private static final long ACCEPTED = 900_002;

    /// More than so much shows in whole satoshis.
    private static final long SHOWN_MSAT = 1_000;

    private static final int MINUTES = 5;

    /// Of what a record is left out.
    private enum Kind {
        RECEIPT,
        SEND,
        FORWARD,
        DEPOSIT,
        WALLET_SEND,
        FUNDING_TRANSACTION,
        OPENING,
        PUSH,
        CLOSE,
        CLOSING_TRANSACTION,
        SWEEP
    }

    static LongStream seeds() {
        long first = Long.getLong("firstSeed", 1);
        return LongStream.range(first, first + Integer.getInteger("seeds", SEEDS));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void isFound(long seed) throws Exception {
        try (World world = new World(seed)) {
            List<Kind> kinds = new ArrayList<>(List.of(Kind.values()));
            Collections.shuffle(kinds, world.random);
            for (Kind kind : kinds) {
                // A close's record holds no amount that moves anything.
                world.leaveOut(kind, kind != Kind.CLOSE && world.random.nextBoolean());
            }
            world.tellAllAgain();
        }
    }

    /// What is told, and what comes late.
    ///
    /// @param channels by how much the ledger is off meanwhile, by channel. Unit: msat
    /// @param walletMsat the same of the wallet
    private record Missing(
            List<Fact> told, List<Fact> late, Map<Long, Long> channels, long walletMsat) {
        long localMsat() {
            return channels.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    /// A node and its ledger.
    private static final class World implements AutoCloseable {
        private final long seed;
        private final Random random;
        private final FakeLog log = new FakeLog();
        private final TestLedger ledger = new TestLedger(log);
        private final BatchApplier applier = ledger.applier();
        private final GroupDecider groups = ledger.groups();
        private final Holdings holdings = new Holdings(NODE_A);
        private final List<Fact> all = new ArrayList<>();
        private int minute = 10;
        private int number;

        World(long seed) {
            this.seed = seed;
            this.random = new Random(seed);
            tell(List.of(holdings.deposit(fresh(), 50_000_000, 1)));
            tell(holdings.open(OPENED, 1_000_000, 400_000, true, 1));
            tell(holdings.open(ACCEPTED, 2_000_000, 300_000, false, 1));
            tell(List.of(holdings.receive(OPENED, fresh(), 50_123_456, 2)));
            tell(List.of(holdings.receive(ACCEPTED, fresh(), 20_000_500, 2)));
            sweep("at the beginning");
            assertThat(residuals()).as(repeat()).isEqualTo("0 0");
        }

        private String repeat() {
            return "./tallystick test -pl reconcile -Dit.test=LeftOutIT -DfirstSeed=%d -Dseeds=1"
                    .formatted(seed);
        }

        private int fresh() {
            return ++number;
        }

        private void tell(List<Fact> facts) {
            facts.forEach(log::append);
            all.addAll(facts);
        }

        private void sweep(String of) {
            log.append(holdings.balances(minute));
            Fact.cover(log, NODE_A, minute);
            applier.apply(log.readAll(), at(minute));
            groups.decideDirty(at(minute));
            assertThat(ledger.rows("SELECT reason FROM ledger.quarantine")).as(of).isEmpty();
            minute += MINUTES;
        }

        private String residuals() {
            return ledger.rows(
                            "SELECT COALESCE(local_residual_msat::text, 'not told') || ' ' || wallet_residual_msat FROM ledger.proof"
                                    + " ORDER BY observed_at DESC LIMIT 1")
                    .getFirst();
        }

        private List<String> drifts() {
            return ledger.rows(
                    "SELECT code || ' ' || reference || ' ' || amount_msat FROM register.mismatch"
                            + " WHERE state = 'OPEN' AND code LIKE '%DRIFT' ORDER BY 1");
        }

        void leaveOut(Kind kind, boolean isAltered) {
            String of = "%s %s, %s".formatted(isAltered ? "altered" : "left out", kind, repeat());
            Missing missing;
            try {
                missing = make(kind, isAltered);
            } catch (InvalidProtocolBufferException e) {
                throw new IllegalStateException(e);
            }
            tell(missing.told());
            int footed = minute - MINUTES;
            int failed = minute;
            sweep(of);
            String off = missing.localMsat() + " " + missing.walletMsat();
            assertThat(residuals()).as(of).isEqualTo(off);
            assertThat(drifts()).as(of).isEmpty();
            sweep(of);
            assertThat(residuals()).as(of).isEqualTo(off);
            requireNamed(missing, of);
            assertThat(
                            ledger.rows(
                                    "SELECT sentence FROM register.mismatch WHERE state = 'OPEN' AND code LIKE '%DRIFT'"))
                    .as(of)
                    .allMatch(
                            one ->
                                    one.contains(
                                            "It footed at %s, and not any more at %s."
                                                    .formatted(at(footed), at(failed))));
            tell(missing.late());
            sweep(of);
            assertThat(residuals()).as(of).isEqualTo("0 0");
            assertThat(drifts()).as(of).isEmpty();
        }

        private void requireNamed(Missing missing, String of) {
            List<String> drifts = new ArrayList<>(drifts());
            if (missing.walletMsat() != 0) {
                String wallet =
                        "WALLET_DRIFT node:%s %d".formatted(NODE_A, Math.abs(missing.walletMsat()));
                assertThat(drifts).as(of).contains(wallet);
                drifts.remove(wallet);
            }
            missing.channels()
                    .forEach(
                            (chanId, msat) -> {
                                String channel =
                                        "CHANNEL_DRIFT channel:" + Holdings.point(chanId) + " ";
                                String node = "NODE_DRIFT node:" + NODE_A + " ";
                                boolean isShown = Math.abs(msat) >= SHOWN_MSAT;
                                assertThat(drifts)
                                        .as(of)
                                        .filteredOn(
                                                one ->
                                                        one.startsWith(channel)
                                                                || (!isShown
                                                                        && one.startsWith(node)))
                                        .singleElement()
                                        .satisfies(one -> requireAmount(one, msat, of));
                                drifts.removeIf(
                                        one -> one.startsWith(channel) || one.startsWith(node));
                            });
            assertThat(drifts).as(of).isEmpty();
        }

        /// Of a channel the distance to what whole satoshis show.
        private static void requireAmount(String drift, long msat, String of) {
            long amount = Long.parseLong(drift.substring(drift.lastIndexOf(' ') + 1));
            assertThat(Math.abs(msat) - amount).as(of).isBetween(0L, 999L);
        }

        private Missing make(Kind kind, boolean isAltered) throws InvalidProtocolBufferException {
            long chanId = random.nextBoolean() ? OPENED : ACCEPTED;
            boolean isSmall = random.nextInt(4) == 0;
            long more = isSmall ? 1L + random.nextInt(998) : 1_000L + random.nextInt(4_000_000);
            long less = isAltered ? more : 0;
            long msat = more + 1L + random.nextInt(4_000_000);
            long off = isAltered ? less : msat;
            return switch (kind) {
                case RECEIPT -> {
                    Fact right = holdings.receive(chanId, fresh(), msat, minute);
                    List<Fact> told = isAltered ? List.of(Altered.receipt(right, less)) : List.of();
                    yield new Missing(told, List.of(right), Map.of(chanId, -off), 0);
                }
                case SEND -> {
                    long fee = random.nextInt(900);
                    Fact right = holdings.send(chanId, fresh(), msat, fee, minute);
                    List<Fact> told = isAltered ? List.of(Altered.payment(right, less)) : List.of();
                    yield new Missing(
                            told, List.of(right), Map.of(chanId, isAltered ? less : msat + fee), 0);
                }
                case FORWARD -> forward(chanId, msat, less);
                case DEPOSIT -> {
                    long sat = 1_000 + msat / 1_000;
                    yield ofWallet(holdings.deposit(fresh(), sat, minute), sat, isAltered);
                }
                case WALLET_SEND -> {
                    long sat = -1_000 - msat / 1_000;
                    yield ofWallet(holdings.deposit(fresh(), sat, minute), sat, isAltered);
                }
                case FUNDING_TRANSACTION -> {
                    List<Fact> opened = open(true, 0);
                    Missing wallet = ofWallet(opened.get(1), -300_200, isAltered);
                    yield with(List.of(opened.getFirst()), wallet);
                }
                case OPENING -> opening(isAltered);
                case PUSH -> push(isAltered);
                case CLOSE -> {
                    long closing = used();
                    long claim = holdings.claimMsat(closing);
                    List<Fact> closed = holdings.close(closing, txid(), minute);
                    yield new Missing(
                            closed.subList(0, 1), closed.subList(1, 3), Map.of(closing, claim), 0);
                }
                case CLOSING_TRANSACTION -> {
                    long closing = used();
                    long back = holdings.claimMsat(closing) / 1_000 - 300;
                    List<Fact> closed = holdings.close(closing, txid(), minute);
                    yield with(closed.subList(1, 3), ofWallet(closed.getFirst(), back, isAltered));
                }
                case SWEEP -> {
                    long closing = used();
                    long back = holdings.claimMsat(closing) / 1_000 - 2_000;
                    List<Fact> closed = holdings.closeByForce(closing, txid(), txid(), minute);
                    yield with(closed.subList(1, 3), ofWallet(closed.getFirst(), back, isAltered));
                }
            };
        }

        private Missing forward(long in, long msat, long less)
                throws InvalidProtocolBufferException {
            long out = in == OPENED ? ACCEPTED : OPENED;
            long fee = 1L + random.nextInt(900);
            Fact right = holdings.forward(in, out, fresh(), msat, fee, minute);
            Map<Long, Long> off = new TreeMap<>();
            off.put(in, less == 0 ? -msat - fee : -less);
            off.put(out, less == 0 ? msat : less);
            if (less > 0 && less < SHOWN_MSAT) {
                // In and out by as much, and less than shows: nothing that the node says is off.
                return new Missing(List.of(right), List.of(), Map.of(), 0);
            }
            List<Fact> told = less > 0 ? List.of(Altered.forward(right, less)) : List.of();
            return new Missing(told, List.of(right), off, 0);
        }

        private Missing ofWallet(Fact right, long changeSat, boolean isAltered)
                throws InvalidProtocolBufferException {
            long lessSat = isAltered ? 1L + random.nextInt(500) : changeSat;
            List<Fact> told = isAltered ? List.of(Altered.transaction(right, lessSat)) : List.of();
            return new Missing(told, List.of(right), Map.of(), -lessSat * 1_000);
        }

        private static Missing with(List<Fact> told, Missing missing) {
            List<Fact> more = new ArrayList<>(told);
            more.addAll(missing.told());
            return new Missing(more, missing.late(), missing.channels(), missing.walletMsat());
        }

        private List<Fact> open(boolean weOpened, long pushSat) {
            return holdings.open(900_002L + fresh(), 300_000, pushSat, weOpened, minute);
        }

        private Missing opening(boolean isAltered) throws InvalidProtocolBufferException {
            boolean weOpened = isAltered || random.nextBoolean();
            long pushSat = 1_000L + random.nextInt(50_000);
            List<Fact> opened = open(weOpened, pushSat);
            long chanId = 900_002L + number;
            List<Fact> told = new ArrayList<>(opened.subList(1, opened.size()));
            long off = (weOpened ? 300_000 - pushSat : pushSat) * 1_000;
            if (isAltered) {
                long less = 1_000L + random.nextInt(90_000);
                told.add(Altered.capacity(opened.getFirst(), less));
                off = less * 1_000;
            }
            return new Missing(told, List.of(opened.getFirst()), Map.of(chanId, -off), 0);
        }

        private Missing push(boolean isAltered) throws InvalidProtocolBufferException {
            boolean weOpened = random.nextBoolean();
            long pushSat = 1_000L + random.nextInt(50_000);
            List<Fact> opened = new ArrayList<>(open(weOpened, pushSat));
            long chanId = 900_002L + number;
            long known = isAltered ? 1L + random.nextInt(900) : 0;
            Fact right = opened.getFirst();
            opened.set(0, Altered.push(right, known));
            long off = (pushSat - known) * (weOpened ? 1_000 : -1_000);
            return new Missing(opened, List.of(right), Map.of(chanId, off), 0);
        }

        /// A channel that was opened and used.
        private long used() {
            tell(open(random.nextBoolean(), 50_000));
            long chanId = 900_002L + number;
            tell(
                    List.of(
                            holdings.receive(
                                    chanId, fresh(), 20_000_001L + random.nextInt(998), minute)));
            sweep("before a close");
            assertThat(residuals()).as(repeat()).isEqualTo("0 0");
            return chanId;
        }

        private String txid() {
            return Holdings.txid(fresh());
        }

        /// Whatever is told again has no effect at all.
        void tellAllAgain() {
            String what =
                    "SELECT (SELECT count(*) FROM ledger.transfer) || ' ' || (SELECT count(*) FROM ledger.evidence)"
                            + " || ' ' || (SELECT count(*) FROM register.change)";
            List<String> before = ledger.rows(what);
            Collections.shuffle(all, random);
            all.forEach(log::append);
            sweep("again");
            assertThat(residuals()).as(repeat()).isEqualTo("0 0");
            assertThat(ledger.rows(what)).as(repeat()).isEqualTo(before);
        }

        @Override
        public void close() {
            ledger.checkIdentity();
            ledger.close();
        }
    }
}
