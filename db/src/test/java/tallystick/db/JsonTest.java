package tallystick.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tallystick.db.Json.StoredPair;

class JsonTest {
    @Test
    void pairsComeBackWhateverOthersWroteIntoTheirReferences() {
        List<StoredPair> pairs =
                Stream.of(
                                "payment_hash:" + "ab".repeat(32),
                                "order:\"17\"",
                                "entry:books/INV\\2026\\17",
                                "entry:books/\"17\"",
                                "entry:\"erp\"/17\n\u0001\ud83d\ude00")
                        .map(reference -> new StoredPair("02ab", reference, "OPEN", 5))
                        .toList();

        assertThat(Json.pairs(Json.pairs(pairs))).isEqualTo(pairs);
    }
}
