package tallystick.ledger.item;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class FrozenMapTest {
    private static final int KEYS = 6;

    @Test
    void readsAsTheTreeThatItIsMadeOf() {
        var random = new SplittableRandom(1);
        for (int i = 0; i < 200; i++) {
            SortedMap<Integer, String> tree = random(random);
            SortedMap<Integer, String> frozen = FrozenMap.copyOf(tree);

            assertReadsAs(frozen, tree);
        }
    }

    @Test
    void takesOneMoreAsATreeDoes() {
        var random = new SplittableRandom(2);
        for (int i = 0; i < 200; i++) {
            SortedMap<Integer, String> tree = random(random);
            FrozenMap<Integer, String> before = FrozenMap.copyOf(tree);
            int key = random.nextInt(KEYS);

            FrozenMap<Integer, String> after = before.with(key, "more");

            assertReadsAs(before, tree);
            tree.put(key, "more");
            assertReadsAs(after, tree);
        }
    }

    @Test
    void isNotCopiedAgain() {
        FrozenMap<String, String> frozen = FrozenMap.of("a", "b");

        assertThat(FrozenMap.copyOf(frozen)).isSameAs(frozen);
        assertThat(frozen).isEqualTo(Map.of("a", "b"));
    }

    @Test
    void cannotBeChanged() {
        SortedMap<String, String> frozen = FrozenMap.of("a", "b");

        assertThatThrownBy(() -> frozen.put("c", "d"))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(frozen::clear).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> frozen.remove("a"))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void hasNoFirstWithoutAny() {
        SortedMap<String, String> none = FrozenMap.copyOf(new TreeMap<String, String>());

        assertThatThrownBy(none::firstKey).isInstanceOf(NoSuchElementException.class);
        assertThatThrownBy(none::lastKey).isInstanceOf(NoSuchElementException.class);
    }

    private static SortedMap<Integer, String> random(SplittableRandom random) {
        SortedMap<Integer, String> tree = new TreeMap<>();
        for (int size = random.nextInt(5); size > 0; size--) {
            tree.put(random.nextInt(KEYS), "value " + random.nextInt(3));
        }
        return tree;
    }

    private static void assertReadsAs(
            SortedMap<Integer, String> frozen, SortedMap<Integer, String> tree) {
        assertThat(frozen).isEqualTo(tree).hasSameHashCodeAs(tree);
        assertThat(tree).isEqualTo(frozen);
        assertThat(List.copyOf(frozen.entrySet())).isEqualTo(List.copyOf(tree.entrySet()));
        assertThat(List.copyOf(frozen.keySet())).isEqualTo(List.copyOf(tree.keySet()));
        assertThat(List.copyOf(frozen.values())).isEqualTo(List.copyOf(tree.values()));
        List<String> each = new ArrayList<>();
        frozen.forEach((key, value) -> each.add(key + value));
        assertThat(each)
                .isEqualTo(tree.entrySet().stream().map(e -> e.getKey() + e.getValue()).toList());
        for (int key = 0; key <= KEYS; key++) {
            assertThat(frozen.get(key)).isEqualTo(tree.get(key));
            assertThat(frozen.containsKey(key)).isEqualTo(tree.containsKey(key));
            assertThat(frozen.headMap(key)).isEqualTo(tree.headMap(key));
            assertThat(frozen.tailMap(key)).isEqualTo(tree.tailMap(key));
        }
        if (!tree.isEmpty()) {
            assertThat(frozen.firstKey()).isEqualTo(tree.firstKey());
            assertThat(frozen.lastKey()).isEqualTo(tree.lastKey());
            assertThat(frozen.subMap(1, KEYS - 1)).isEqualTo(tree.subMap(1, KEYS - 1));
        }
    }
}
