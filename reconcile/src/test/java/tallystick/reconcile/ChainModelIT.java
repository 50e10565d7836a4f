package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Channels and wallets of made-up worlds: whatever the order in which their records come, and wherever batches end, every
/// account holds what is truly there, and exactly what the books lack is open.
class ChainModelIT {
    private static final int SEEDS = 20;

    static LongStream seeds() {
        long first = Long.getLong("firstSeed", 1);
        return LongStream.range(first, first + Integer.getInteger("seeds", SEEDS));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyAccountHoldsWhatIsThere(long seed) {
        ChainWorld world = new ChainWorld(seed);
        String repeat =
                "./tallystick test -pl reconcile -Dit.test=ChainModelIT -DfirstSeed=%d -Dseeds=1"
                        .formatted(seed);
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
                }
                ledger.checkIdentity();
            }
            assertThat(ledger.rows("SELECT reason FROM ledger.quarantine")).as(repeat).isEmpty();
            Fact.coverAll(log, NODE_A, world.end(), world.heightAt(world.end()));
            applier.apply(log.readAll(), at(world.end()));
            for (int round = 0; round < 3; round++) {
                groups.decideDirty(at(world.end() + 60));
                applier.decideDue(List.of(0, 1), at(world.end() + 60));
            }
            ledger.checkIdentity();
            assertThat(balances(ledger)).as(repeat).isEqualTo(world.balances());
            assertThat(
                            new TreeSet<>(
                                    ledger.rows(
                                            "SELECT code || ' ' || reference || ' ' || amount_msat FROM register.mismatch"
                                                    + " WHERE state = 'OPEN'")))
                    .as(repeat)
                    .isEqualTo(world.mismatches());
            return ledger.dump();
        }
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
