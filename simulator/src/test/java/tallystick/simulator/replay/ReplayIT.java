package tallystick.simulator.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Each recording that comes with the program, played to the end over gRPC and TLS to a follower.
@Timeout(120)
class ReplayIT {
    private static final Instant AS_OF = Instant.parse("2026-11-24T00:10:00Z");

    @TempDir Path directory;

    private record Played(
            List<String> heard,
            List<String> read,
            List<Integer> checkpoints,
            SortedMap<String, Long> served) {}

    static List<String> recordings() {
        return Recordings.names();
    }

    @ParameterizedTest
    @MethodSource("recordings")
    void saysTheSameInEveryReplay(String name) throws Exception {
        Recordings.copyTo(name, directory.resolve(name));

        long t = System.nanoTime();
        Played first = play(name, "first");
        System.out.println(
                name
                        + " "
                        + (System.nanoTime() - t) / 1e9
                        + " "
                        + first.served()
                        + " "
                        + first.heard().size()
                        + " "
                        + first.read().size());
        Played second = play(name, "second");

        assertThat(second.heard()).isEqualTo(first.heard());
        assertThat(second.read()).isEqualTo(first.read());
        assertThat(second).isEqualTo(first);
    }

    private Played play(String name, String run) throws Exception {
        var plan =
                new Replay.ReplayPlan(
                        ScriptedFollower.STREAMS,
                        ScriptedFollower.LISTS,
                        directory.resolve(run),
                        Optional.empty());
        var checkpoints = new ArrayList<Integer>();
        try (Replay replay = Replay.open(directory.resolve(name), plan, Duration.ofSeconds(20));
                ScriptedFollower follower = new ScriptedFollower(replay)) {
            follower.start();
            replay.run(follower, AS_OF, new Noting(checkpoints));
            assertThat(replay.clock().instant()).isEqualTo(AS_OF);
            return new Played(follower.heard(), follower.read(), checkpoints, replay.served());
        }
    }

    private record Noting(List<Integer> checkpoints) implements Replay.Listener {
        @Override
        public void progress(Progress progress) {
            assertThat(progress.lines()).isLessThanOrEqualTo(progress.totalLines());
        }

        @Override
        public void checkpointDone(int number) {
            checkpoints.add(number);
        }
    }
}
