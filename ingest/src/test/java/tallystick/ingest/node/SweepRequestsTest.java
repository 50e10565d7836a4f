package tallystick.ingest.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;

class SweepRequestsTest {
    private final IngestException refused =
            new IngestException(ErrorCode.USER, "another producer took it over");

    private final SweepRequests requests = new SweepRequests();

    @Test
    void whatIsGivenBackWaitsForTheNextSweep() {
        CompletableFuture<Void> answer = requests.ask(true);

        requests.giveBack(requests.take());

        assertThat(answer).isNotDone();
        SweepRequests.Asked again = requests.take();
        assertThat(again.isRescan()).isTrue();
        again.done();
        assertThat(answer).isCompleted();
    }

    @Test
    void nobodyWaitsForASweepThatIsGivenBackAfterARefusal() {
        CompletableFuture<Void> answer = requests.ask(false);
        SweepRequests.Asked taken = requests.take();

        requests.refuse(refused);
        requests.giveBack(taken);

        assertThat(answer).isCompletedExceptionally();
    }
}
