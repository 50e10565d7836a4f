package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tallystick.ledger.Msat;
import tallystick.ledger.mismatch.RuleSet;

/// A ledger that begins in the middle of a made-up world: whatever the order of the records, and wherever batches end, it is opened
/// with what the node holds, every reading since foots, and the same is open.
class OpenedModelIT {
    private static final int SEEDS = 6;

    static LongStream seeds() {
        long first = Long.getLong("firstSeed", 1);
        return LongStream.range(first, first + Integer.getInteger("seeds", SEEDS));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void beginsWithWhatIsThere(long seed) {
        ChainWorld world = new ChainWorld(seed);
        int readings = world.readings().size();
        int first = readings / 4 + new Random(seed).nextInt(readings / 2);
        String repeat =
                "./tallystick test -pl reconcile -Dit.test=OpenedModelIT -DfirstSeed=%d -Dseeds=1"
                        .formatted(seed);

        List<String> inOrder = read(world, first, new Random(seed), false, repeat);
        assertThat(read(world, first, new Random(seed + 1), true, repeat))
                .as(repeat)
                .isEqualTo(inOrder);
    }

    private static List<String> read(
            ChainWorld world, int first, Random random, boolean isMixed, String repeat) {
        RuleSet rules =
                RuleSet.defaults()
                        .withoutSilence()
                        .openedAt(Optional.of(at(world.readings().get(first).minute())));
        FakeLog log = new FakeLog();
        try (TestLedger ledger = new TestLedger(log)) {
            BatchApplier applier = ledger.applier(rules);
            GroupDecider groups = ledger.groups(rules);
            int told = 0;
            for (int i = 0; i < world.readings().size(); i++) {
                ChainWorld.Told reading = world.readings().get(i);
                List<Fact> facts = new ArrayList<>(world.facts().subList(told, reading.facts()));
                facts.add(reading.balances());
                if (isMixed) {
                    for (int again = random.nextInt(4); again > 0 && told > 0; again--) {
                        facts.add(world.facts().get(random.nextInt(told)));
                    }
                    Collections.shuffle(facts, random);
                }
                told = reading.facts();
                facts.forEach(log::append);
                int minute = reading.minute();
                Fact.coverAll(log, NODE_A, minute, world.heightAt(minute));
                while (!log.isRead()) {
                    applier.apply(isMixed ? log.readSome(random, 30) : log.readAll(), at(minute));
                    if (random.nextInt(3) == 0) {
                        groups.decideDirty(at(minute));
                    }
                }
                groups.decideDirty(at(minute));
                // What happens in the second of a reading is known with the next one; where its
                // group was decided between two
                // streams' coverage, with the one after.
                int known = Math.max(first, isMixed ? i - 1 : i);
                if (world.readings().subList(first, known).stream()
                        .anyMatch(ChainWorld.Told::isWalletClear)) {
                    assertThat(off(ledger)).as("at minute %d: %s", minute, repeat).isEmpty();
                }
            }
            world.facts().subList(told, world.facts().size()).forEach(log::append);
            Fact.coverAll(log, NODE_A, world.end(), world.heightAt(world.end()));
            applier.apply(log.readAll(), at(world.end()));
            for (int round = 0; round < 3; round++) {
                groups.decideDirty(at(world.end() + 60));
                applier.decideDue(List.of(0, 1), at(world.end() + 60));
            }
            ledger.checkIdentity();
            assertThat(ledger.rows("SELECT node FROM ledger.node_opening")).as(repeat).hasSize(1);
            assertThat(
                            ledger.rows(
                                    "SELECT reference FROM register.mismatch WHERE code LIKE '%DRIFT'"))
                    .as(repeat)
                    .isEmpty();
            assertThat(wrong(ledger, world.balances())).as(repeat).isEmpty();
            return ledger.dump();
        }
    }

    /// Accounts that do not hold what is there. Of a channel no node tells the fraction of a satoshi that it began with.
    private static List<String> wrong(TestLedger ledger, SortedMap<String, Long> there) {
        SortedMap<String, Long> held = new TreeMap<>();
        ledger.rows(
                        "SELECT name || ' ' || balance_msat FROM ledger.account_balance WHERE name ~ '^node:[^:]*:(wallet|channel)'"
                                + " AND balance_msat <> 0")
                .forEach(
                        row -> {
                            int space = row.lastIndexOf(' ');
                            held.put(
                                    row.substring(0, space),
                                    Long.parseLong(row.substring(space + 1)));
                        });
        SortedSet<String> names = new TreeSet<>(held.keySet());
        names.addAll(there.keySet());
        return names.stream()
                .filter(
                        name -> {
                            long off =
                                    Math.abs(
                                            held.getOrDefault(name, 0L)
                                                    - there.getOrDefault(name, 0L));
                            return name.endsWith(":wallet") ? off != 0 : off >= Msat.PER_SAT;
                        })
                .map(name -> "%s: %s, there is %s".formatted(name, held.get(name), there.get(name)))
                .toList();
    }

    /// What of the last proof is off, and not explained.
    private static List<String> off(TestLedger ledger) {
        return ledger.rows(
                """
                WITH last AS (SELECT * FROM ledger.proof ORDER BY observed_at DESC LIMIT 1)
                SELECT 'local ' || COALESCE(local_residual_msat::text, 'not told') FROM last
                 WHERE local_residual_msat IS DISTINCT FROM 0
                 UNION ALL
                SELECT 'wallet ' || wallet_residual_msat FROM last WHERE wallet_residual_msat <> 0 AND wallet_explanation = ''
                 UNION ALL
                SELECT channel_point || ' ' || COALESCE(residual_msat::text, explanation)
                  FROM ledger.proof_channel
                  JOIN last USING (node, observed_at)
                 WHERE residual_msat IS DISTINCT FROM 0
                 UNION ALL
                SELECT 'nothing is proven' WHERE NOT EXISTS (SELECT FROM last)
                """);
    }
}
