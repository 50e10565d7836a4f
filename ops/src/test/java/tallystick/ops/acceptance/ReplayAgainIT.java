package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// What was reported once changes nothing when it is reported again.
@ExtendWith(UninterruptedReplay.Parameter.class)
class ReplayAgainIT {
    @TempDir Path directory;

    @Test
    void intoTheSameDataDirectoryChangesNothing(UninterruptedReplay once) throws Exception {
        Home home = once.home().copyTo(directory.resolve("data"));

        once.day().replay(directory, home, directory.resolve("again"));

        home.state().requireEqualTo(once.state());
        assertThat(MerchantDay.results(directory.resolve("again"))).isEqualTo(once.results());
    }

    /// Everything is published again, into a log that knows nothing of the first time.
    @Test
    void fromANewKafkaChangesNothingAfterAResync(UninterruptedReplay once) throws Exception {
        Home home = once.home().copyTo(directory.resolve("data"));
        home.forgetKafkaAndPlace();

        Program.Ended refused =
                once.day().start(directory, home, directory.resolve("refused")).await();
        assertThat(refused.exitCode()).as(refused.said()).isNotZero();
        assertThat(refused.said()).contains("tallystick ingest resync");
        assertThat(directory.resolve("refused")).doesNotExist();
        home.state().requireEqualTo(once.state());

        Program.Ended resynced =
                Program.run(
                        directory, List.of("ingest", "resync", "--data", home.data().toString()));
        assertThat(resynced.exitCode()).as(resynced.said()).isZero();
        once.day().replay(directory, home, directory.resolve("again"));

        home.state().requireEqualTo(once.state());
        assertThat(MerchantDay.results(directory.resolve("again"))).isEqualTo(once.results());
    }
}
