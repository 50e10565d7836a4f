package tallystick.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import tallystick.db.report.ChannelResults;
import tallystick.db.report.ChannelResults.ChannelResult;
import tallystick.db.report.ChannelResults.NodeChange;
import tallystick.db.report.ChannelResults.State;
import tallystick.report.terminal.TerminalStyle;

class ChannelTableTest {
    private static final ChannelResults RESULTS =
            new ChannelResults(
                    7,
                    List.of(
                            channel('a', State.CLOSED, 0, 3_000),
                            channel('b', State.OPEN, 2_000_123_456, 0),
                            channel('c', State.OPEN, 9_000_000_000L, 0),
                            channel('d', State.CLOSING, 5_000_000, 0)),
                    List.of(
                            new NodeChange(
                                    Readings.ALICE, "alice", -7_000, 99_007_000, 99_000_000, 0, 0),
                            new NodeChange(Readings.BOB, "", 5, 0, 0, 5, 0)));

    private static ChannelResult channel(char digit, State state, long balance, long cost) {
        return new ChannelResult(
                Readings.ALICE,
                String.valueOf(digit).repeat(64) + ":1",
                state,
                2_000_000_000,
                659_000,
                0,
                1_000_000,
                23_511_097,
                20_814_104,
                1_234,
                77_592_080,
                94_363_406,
                5_000_001,
                4_000_000,
                321,
                balance == 0 ? 1_201_928_000 : 0,
                cost,
                balance,
                0,
                -298_731_000,
                0);
    }

    private static String table(int width, boolean all) {
        return new ChannelTable(new TerminalStyle(width, false))
                .render(RESULTS, Readings.AS_OF, all);
    }

    @Test
    void looksAsBefore() throws IOException {
        Golden.assertEqual("channels.txt", table(100, false));
        Golden.assertEqual("channels-wide.txt", table(160, true));
        Golden.assertEqual("channels.csv", new ChannelCsv().render(RESULTS.channels()));
        Golden.assertEqual(
                "channels.json",
                new ChannelJson().render(RESULTS, RESULTS.channels(), Readings.AS_OF));
    }

    @Test
    void fitsEveryWidth() {
        for (int width = TerminalStyle.WIDTH_MIN; width <= TerminalStyle.WIDTH_MAX; width++) {
            int columns = width;
            assertThat(table(width, true).lines()).allMatch(line -> line.length() <= columns);
        }
    }

    @Test
    void saysWhatDoesNotAddUp() {
        assertThat(table(100, false)).contains("≠ does not add up", "audit.channels");
    }

    @Test
    void aNodeAloneIsSummedAlone() {
        ChannelResults alone = RESULTS.of(List.of(RESULTS.nodes().getLast()));

        assertThat(alone.channels()).isEmpty();
        assertThat(alone.nodes()).hasSize(1);
    }

    @Test
    void saysThatNothingWasRead() {
        ChannelResults nothing = new ChannelResults(0, List.of(), List.of());

        assertThat(new ChannelTable(TerminalStyle.PLAIN).render(nothing, Readings.AS_OF, false))
                .contains("no node has been read yet");
    }
}
