package tallystick.ingest.publish;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import tallystick.proto.v1.CoverageGap;
import tallystick.proto.v1.CoverageGap.State;

class IndexCursorTest {
    private static final CoverageGap.Kind KIND = CoverageGap.Kind.KIND_SETTLE_INDEX;

    @Test
    void streamMovesItByTheNextNumber() {
        IndexCursor cursor = caughtUp(4);

        cursor.streamed(5);
        cursor.streamed(6);

        assertThat(cursor.cursor()).isEqualTo(6);
        assertThat(cursor.hasGaps()).isFalse();
    }

    @Test
    void gapHoldsItUntilASweepProvesItEmpty() {
        IndexCursor cursor = caughtUp(41);

        cursor.streamed(43);
        cursor.streamed(44);

        assertThat(cursor.cursor()).isEqualTo(41);
        assertThat(cursor.sweepBegan()).containsExactly(gap(42, 42, State.STATE_UNPROVEN));
        cursor.streamed(45);
        assertThat(cursor.sweepEnded(true)).containsExactly(gap(42, 42, State.STATE_EMPTY));
        assertThat(cursor.cursor()).isEqualTo(45);
    }

    /// A short sweep does not list the old receipt that grew.
    @Test
    void gapStaysWhereASweepProvesNothing() {
        IndexCursor cursor = caughtUp(41);
        cursor.streamed(43);

        cursor.sweepBegan();
        assertThat(cursor.sweepEnded(false)).containsExactly(gap(42, 42, State.STATE_UNPROVEN));

        assertThat(cursor.cursor()).isEqualTo(41);
        assertThat(cursor.hasGaps()).isTrue();
    }

    @Test
    void whatAListHasOfAGapIsClosed() {
        IndexCursor cursor = caughtUp(1);
        cursor.streamed(6);

        assertThat(cursor.sweepBegan()).containsExactly(gap(2, 5, State.STATE_UNPROVEN));
        cursor.listed(3, false);
        cursor.listed(4, false);

        assertThat(cursor.sweepEnded(true))
                .containsExactly(
                        gap(2, 2, State.STATE_EMPTY),
                        gap(3, 4, State.STATE_CLOSED),
                        gap(5, 5, State.STATE_EMPTY));
        assertThat(cursor.cursor()).isEqualTo(6);
    }

    @Test
    void backlogMayComeInAnyOrder() {
        IndexCursor cursor = caughtUp(4);

        List.of(6L, 8L, 5L, 6L, 7L, 8L).forEach(cursor::streamed);

        assertThat(cursor.cursor()).isEqualTo(8);
        assertThat(cursor.hasGaps()).isFalse();
    }

    @Test
    void beforeTheFirstSweepNothingIsMissing() {
        var cursor = new IndexCursor(KIND, 0, false);

        cursor.streamed(57);

        assertThat(cursor.hasGaps()).isFalse();
        assertThat(cursor.cursor()).isZero();
    }

    /// What settles while the lists are read may have been read too early.
    @Test
    void sweepProvesWhatWasKnownWhenItBegan() {
        var cursor = new IndexCursor(KIND, 0, false);

        cursor.sweepBegan();
        cursor.listed(500, false);
        cursor.sweepEnded(true);
        assertThat(cursor.cursor()).isZero();
        cursor.streamed(501);
        assertThat(cursor.hasGaps()).isFalse();
        cursor.sweepBegan();
        cursor.sweepEnded(true);

        assertThat(cursor.cursor()).isEqualTo(501);
    }

    @Test
    void aListInTheOrderOfTheNumbersProvesAllBelow() {
        var cursor = new IndexCursor(CoverageGap.Kind.KIND_ADD_INDEX, 0, false);

        cursor.sweepBegan();
        cursor.listed(1, true);
        cursor.listed(7, true);
        cursor.sweepEnded(true);

        assertThat(cursor.cursor()).isEqualTo(7);
    }

    @Test
    void moreGapsThanItKeepsAreOne() {
        IndexCursor cursor = caughtUp(1);

        for (long index = 3; index < 3_000; index += 2) {
            cursor.streamed(index);
        }
        assertThat(cursor.cursor()).isEqualTo(1);
        assertThat(cursor.sweepBegan()).hasSizeLessThan(300);
        cursor.sweepEnded(true);

        assertThat(cursor.cursor()).isEqualTo(2_999);
    }

    private static IndexCursor caughtUp(long at) {
        return new IndexCursor(KIND, at, true);
    }

    private static CoverageGap gap(long from, long to, State state) {
        return CoverageGap.newBuilder()
                .setKind(KIND)
                .setFrom(from)
                .setTo(to)
                .setState(state)
                .build();
    }
}
