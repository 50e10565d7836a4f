package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AwaitedTest {
    private final Awaited awaited = new Awaited();

    @Test
    void knowsOnlyWhatWasNotedUnderItsNumber() {
        long number = awaited.note(List.of(key(1)));

        assertThat(awaited.mayWait(number, bytes(1))).isTrue();
        assertThat(awaited.mayWait(number, bytes(2))).isFalse();
        assertThat(awaited.mayWait(0, bytes(2))).as("noted by nobody").isTrue();
        assertThat(new Awaited().mayWait(number, bytes(2))).as("noted by another").isTrue();
    }

    @Test
    void beginsAnewWhenThereAreTooMany() {
        List<ByteString> many =
                IntStream.range(0, Awaited.ITEMS_MAX).mapToObj(AwaitedTest::key).toList();
        long before = awaited.note(many);
        assertThat(awaited.mayWait(before, bytes(-1))).isFalse();

        long after = awaited.note(List.of(key(-2)));

        assertThat(after).isNotEqualTo(before);
        assertThat(awaited.mayWait(before, bytes(1))).isTrue();
        assertThat(awaited.mayWait(before, bytes(-1))).isTrue();
        assertThat(awaited.mayWait(after, bytes(-2))).isTrue();
        assertThat(awaited.mayWait(after, bytes(1))).isFalse();
    }

    private static ByteString key(int number) {
        return ByteString.copyFrom(bytes(number));
    }

    private static byte[] bytes(int number) {
        return Digests.sha256(
                Integer.toString(number).getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
}
