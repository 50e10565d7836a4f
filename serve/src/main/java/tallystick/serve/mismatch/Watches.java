package tallystick.serve.mismatch;

import io.grpc.Status.Code;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import tallystick.db.query.LedgerPlace;
import tallystick.db.write.RegisterRepository;
import tallystick.db.write.RegisterRepository.OrderedChange;
import tallystick.proto.v1.WatchMismatchesResponse;
import tallystick.serve.call.Problem;
import tallystick.serve.call.Readings;
import tallystick.serve.ledger.LedgerMessages;
import tallystick.serve.stream.Streams;

/// Changes of the register, from any place on. A page is read when all of the one before has been handed over, and nothing is
/// kept but that page. Any thread.
public final class Watches {
    private static final String METHOD = "tallystick.v1.MismatchService/WatchMismatches";

    private static final int PAGE = 200;

    /// Somebody for whom there is nothing is looked at again after this.
    private static final Duration LOOK = Duration.ofMillis(500);

    /// After this, somebody for whom there is nothing is told so.
    private static final Duration QUIET = Duration.ofSeconds(30);

    private final Readings readings;
    private final Streams streams;
    private final HeadWatch head;
    private final RegisterRepository register = new RegisterRepository();

    public Watches(Readings readings, Streams streams) {
        this.readings = readings;
        this.streams = streams;
        this.head = new HeadWatch(readings);
    }

    /// To be called again and again: finds what is new.
    public void look() {
        head.look();
    }

    /// @param from empty for what comes from now on
    void begin(
            Optional<LedgerPlace> from, ServerCallStreamObserver<WatchMismatchesResponse> stream) {
        streams.begin(METHOD, stream, reader -> tell(from, reader));
    }

    private void tell(Optional<LedgerPlace> from, Streams.Reader<WatchMismatchesResponse> reader)
            throws InterruptedException {
        LedgerPlace now = readings.read(LedgerPlace::now);
        LedgerPlace at = from.orElse(now);
        if (at.sequence() > now.sequence()) {
            throw Problem.of(
                    Code.OUT_OF_RANGE,
                    "BEYOND_THE_LEDGER",
                    "after: ledger sequence %d (expected: at most %d; after a restore from a backup, list anew)"
                            .formatted(at.sequence(), now.sequence()));
        }
        reader.send(message(at));
        long quietSince = System.nanoTime();
        while (reader.isThere()) {
            Page page = page(at);
            for (OrderedChange change : page.changes()) {
                if (!reader.send(message(change))) {
                    return;
                }
                quietSince = System.nanoTime();
            }
            at = page.at();
            if (page.changes().size() < PAGE) {
                head.awaitBeyond(at.sequence(), LOOK);
                if (System.nanoTime() - quietSince > QUIET.toNanos()) {
                    reader.send(message(at));
                    quietSince = System.nanoTime();
                }
            }
        }
    }

    /// @param at up to where everything is in it
    private record Page(List<OrderedChange> changes, LedgerPlace at) {}

    private Page page(LedgerPlace after) {
        return readings.read(
                connection -> {
                    List<OrderedChange> changes =
                            register.changesAfter(
                                    connection, after.sequence(), after.ordinal(), PAGE);
                    return new Page(
                            changes,
                            changes.size() == PAGE
                                    ? new LedgerPlace(
                                            changes.getLast().sequence(),
                                            changes.getLast().ordinal())
                                    : LedgerPlace.now(connection));
                });
    }

    private static WatchMismatchesResponse message(LedgerPlace at) {
        return WatchMismatchesResponse.newBuilder().setPlace(LedgerMessages.place(at)).build();
    }

    private static WatchMismatchesResponse message(OrderedChange change) {
        LedgerPlace place = new LedgerPlace(change.sequence(), change.ordinal());
        return WatchMismatchesResponse.newBuilder()
                .setPlace(LedgerMessages.place(place))
                .setChange(MismatchMessages.change(change))
                .setDecidedAtNs(LedgerMessages.nanos(change.decidedAt()))
                .build();
    }
}
