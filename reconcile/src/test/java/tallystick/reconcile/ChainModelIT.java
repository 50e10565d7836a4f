package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tallystick.db.query.AccountReader;
import tallystick.db.query.LedgerPlace;

/// Channels and wallets of made-up worlds: whatever the order in which their records come, and wherever batches end, every
/// account holds what is truly there, and exactly what the books lack is open.
class ChainModelIT {
    private static final int ACCOUNTS_MAX = 10_000;

    private static final int SEEDS = 20;

    /// When the last proof was read, how many channels of it foot, and what its totals are off by.
    private static final String LAST_PROOF =
            """
            SELECT concat_ws(' ', extract(epoch FROM observed_at)::bigint,
                             (SELECT CASE WHEN COALESCE(bool_and(COALESCE(residual_msat, 1) = 0), true) THEN count(*) ELSE -1 END FROM ledger.proof_channel AS one
                               WHERE one.node = proof.node AND one.observed_at = proof.observed_at),
                             COALESCE(local_residual_msat::text, 'not told'), wallet_residual_msat,
                             regexp_replace(wallet_explanation, '^.*, of which', 'of which'))
              FROM ledger.proof
             ORDER BY observed_at DESC
             LIMIT 1
            """;

    static LongStream seeds() {
        long first = Long.getLong("firstSeed", 1);
        return LongStream.range(first, first + Integer.getInteger("seeds", SEEDS));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyAccountHoldsWhatIsThere(long seed) {
        ChainWorld world = new ChainWorld(seed);
        String repeat = repeat("everyAccountHoldsWhatIsThere", seed);
        List<String> inOrder = read(world, world.facts(), new Random(seed), repeat);
        List<Fact> mixed = new ArrayList<>(world.facts());
        Random random = new Random(seed + 1);
        world.facts().stream().filter(_ -> random.nextInt(10) == 0).forEach(mixed::add);
        Collections.shuffle(mixed, random);

        assertThat(read(world, mixed, random, repeat)).as(repeat).isEqualTo(inOrder);
    }

    private static List<String> read(
            ChainWorld world, List<Fact> facts, Random random, String repeat) {
        FakeLog log = new FakeLog();
        try (TestLedger ledger = new TestLedger(log)) {
            BatchApplier applier = ledger.applier();
            GroupDecider groups = ledger.groups();
            int next = 0;
            while (next < facts.size()) {
                for (int i = 1 + random.nextInt(40); i > 0 && next < facts.size(); i--) {
                    log.append(facts.get(next++));
                }
                while (!log.isRead()) {
                    applier.apply(log.readSome(random, 20), at(world.end()));
                }
                if (random.nextBoolean()) {
                    groups.decideDirty(at(world.end()));
                    ledger.checkIdentity();
                }
            }
            assertThat(ledger.rows("SELECT reason FROM ledger.quarantine")).as(repeat).isEmpty();
            Fact.coverAll(log, NODE_A, world.end(), world.heightAt(world.end()));
            applier.apply(log.readAll(), at(world.end()));
            for (int round = 0; round < 3; round++) {
                groups.decideDirty(at(world.end() + 60));
                applier.decideDue(List.of(0, 1), at(world.end() + 60));
            }
            ledger.checkIdentity();
            ledger.checkEntries();
            assertThat(balances(ledger)).as(repeat).isEqualTo(world.balances());
            checkBalancesByDays(ledger, repeat);
            assertThat(open(ledger)).as(repeat).isEqualTo(world.mismatches());
            if (!facts.equals(world.facts())) {
                ledger.checkUntouched(TestLedger.RULES, at(world.end() + 60));
            }
            return ledger.dump();
        }
    }

    /// Whatever the order of the records since the last of them, and wherever batches end: what the node says of its balances at
    /// a quiet moment foots, and so nothing drifts.
    @ParameterizedTest
    @MethodSource("seeds")
    void everyReadingFoots(long seed) {
        ChainWorld world = new ChainWorld(seed);
        String repeat = repeat("everyReadingFoots", seed);
        Random random = new Random(seed + 2);
        assertThat(world.readings()).as(repeat).hasSizeGreaterThan(10);
        FakeLog log = new FakeLog();
        try (TestLedger ledger = new TestLedger(log)) {
            int told = 0;
            for (ChainWorld.Told reading : world.readings()) {
                List<Fact> facts = new ArrayList<>(world.facts().subList(told, reading.facts()));
                for (int again = random.nextInt(4); again > 0 && told > 0; again--) {
                    facts.add(world.facts().get(random.nextInt(told)));
                }
                told = reading.facts();
                facts.add(reading.balances());
                Collections.shuffle(facts, random);
                facts.forEach(log::append);
                int minute = reading.minute();
                Fact.coverAll(log, NODE_A, minute, world.heightAt(minute));
                apply(ledger, log, random, minute);
                assertThat(ledger.rows(LAST_PROOF))
                        .as("at minute %d: %s", minute, repeat)
                        .containsExactly(
                                "%s %d 0 %d %s"
                                        .formatted(
                                                at(minute).getEpochSecond(),
                                                reading.channels(),
                                                reading.walletResidualMsat(),
                                                reading.explanation()));
            }
            world.facts().subList(told, world.facts().size()).forEach(log::append);
            Fact.coverAll(log, NODE_A, world.end(), world.heightAt(world.end()));
            apply(ledger, log, random, world.end());
            for (int round = 0; round < 3; round++) {
                ledger.groups().decideDirty(at(world.end() + 60));
                ledger.applier().decideDue(List.of(0, 1), at(world.end() + 60));
            }
            ledger.checkIdentity();
            ledger.checkEntries();
            assertThat(balances(ledger)).as(repeat).isEqualTo(world.balances());
            assertThat(open(ledger)).as(repeat).isEqualTo(world.mismatches());
        }
    }

    private static String repeat(String test, long seed) {
        return "./tallystick test -pl reconcile -Dit.test=ChainModelIT#%s -DfirstSeed=%d -Dseeds=1"
                .formatted(test, seed);
    }

    /// All that is in the log, in batches that end anywhere.
    private static void apply(TestLedger ledger, FakeLog log, Random random, int minute) {
        BatchApplier applier = ledger.applier();
        GroupDecider groups = ledger.groups();
        while (!log.isRead()) {
            applier.apply(log.readSome(random, 30), at(minute));
            if (random.nextInt(3) == 0) {
                groups.decideDirty(at(minute));
            }
        }
        groups.decideDirty(at(minute));
    }

    private static SortedSet<String> open(TestLedger ledger) {
        return new TreeSet<>(
                ledger.rows(
                        "SELECT code || ' ' || reference || ' ' || amount_msat FROM register.mismatch"
                                + " WHERE state = 'OPEN'"));
    }

    /// What accounts hold by the rows of business days is what their transfers come to, whatever a channel is called by now.
    private static void checkBalancesByDays(TestLedger ledger, String repeat) {
        var accounts = new AccountReader();
        ledger.transactions()
                .read(
                        connection -> {
                            long newest = LedgerPlace.now(connection).sequence();
                            List<AccountReader.Balance> all =
                                    accounts.page(connection, "", "", ACCOUNTS_MAX);
                            for (AccountReader.Balance one : all) {
                                assertThat(
                                                accounts.balance(
                                                        connection,
                                                        one.name(),
                                                        newest,
                                                        Integer.MAX_VALUE))
                                        .as("%s, %s", one.name(), repeat)
                                        .contains(one.balance());
                            }
                            return all.size();
                        });
    }

    private static SortedMap<String, Long> balances(TestLedger ledger) {
        SortedMap<String, Long> result = new TreeMap<>();
        ledger.rows(
                        "SELECT name || ' ' || balance_msat FROM ledger.account_balance WHERE name LIKE 'node:%'"
                                + " AND balance_msat <> 0")
                .forEach(
                        row -> {
                            int space = row.lastIndexOf(' ');
                            result.put(
                                    row.substring(0, space),
                                    Long.parseLong(row.substring(space + 1)));
                        });
        return result;
    }
}
