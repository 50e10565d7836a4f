package tallystick.simulator.replay;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One run through a recording. One thread.
final class ReplayRun {
    private static final Logger LOG = LoggerFactory.getLogger(ReplayRun.class);

    /// The follower's count has nobody to signal its growth, so it is looked at: often enough not to be what the replay
    /// waits for, rarely enough to leave the processor to the follower.
    private static final long LOOK_NANOS = Duration.ofNanos(100_000).toNanos();

    private final Replay replay;
    private final Timeline timeline;
    private final Stage stage;
    private final Replay.Follower follower;
    private final Replay.Listener listener;

    /// By alias: the first step since the node's last sweep whose message was sent, and so may not be stored yet.
    private final Map<String, Integer> unswept = new HashMap<>();

    private final TreeSet<Integer> checkpointsToDo = new TreeSet<>();
    private final int checkpoints;

    ReplayRun(Replay replay, Replay.Follower follower, Replay.Listener listener) {
        this.replay = replay;
        this.follower = follower;
        this.listener = listener;
        timeline = replay.timeline();
        stage = replay.stage();
        for (ReplayedNode node : replay.allNodes()) {
            node.script()
                    .recording()
                    .checkpoints()
                    .forEach(each -> checkpointsToDo.add(each.number()));
        }
        checkpoints = checkpointsToDo.size();
        checkpointsToDo.removeIf(this::isDone);
    }

    void run(Instant asOf) throws InterruptedException {
        for (int step = replay.firstStep(); step < timeline.size(); step++) {
            letFollowersIn();
            Line line = timeline.get(step).line();
            replay.moveTo(Replay.at(line));
            reach(replay.node(timeline.get(step)), line, step);
        }
        sweepAll("the last sweep");
        replay.keepPlace(timeline.size());
        LOG.atInfo().addKeyValue("asOf", asOf).log("replay at its end");
        replay.moveTo(asOf);
        sweepAll("the sweep at as-of");
        progress(timeline.size());
    }

    private void reach(ReplayedNode node, Line line, int step) throws InterruptedException {
        Turn turn = stage.with(() -> node.reach(line, step));
        switch (turn) {
            case Turn.Pass _ -> {}
            case Turn.Say say -> {
                List<ClientStream> hearers = stage.with(() -> node.hearers(say));
                if (!hearers.isEmpty()) {
                    say(node, say.rpc(), say.said(), hearers);
                    unswept.putIfAbsent(node.alias(), step);
                    progress(step + 1);
                }
            }
            case Turn.Stand stand -> {
                stand(node, stand.checkpoint());
                unswept.remove(node.alias());
                progress(step + 1);
                reportCheckpoints();
                replay.keepPlace(Math.min(step + 1, firstUnswept())); // Also the listener is done.
            }
        }
    }

    /// A message that was sent is stored for certain only after a sweep of its own node.
    private int firstUnswept() {
        return unswept.values().stream().min(Integer::compare).orElse(Integer.MAX_VALUE);
    }

    // --- streams

    /// Time stands still while a stream is missing. When all are there, the new ones hear what they have missed, in an
    /// order that does not depend on which came first.
    private void letFollowersIn() throws InterruptedException {
        stage.await(() -> missing().isEmpty(), () -> "the streams " + missing());
        for (ReplayedNode node : replay.allNodes()) {
            for (ClientStream stream : stage.with(node::newcomers)) {
                for (Said said : stage.with(() -> node.admit(stream))) {
                    say(node, stream.exchange().rpc(), said, List.of(stream));
                }
            }
        }
    }

    private List<String> missing() {
        var missing = new ArrayList<String>();
        for (ReplayedNode node : replay.allNodes()) {
            node.missing().forEach(rpc -> missing.add(rpc + " of " + node.alias()));
        }
        return missing;
    }

    private boolean isAnyoneNew() {
        return replay.allNodes().stream().anyMatch(node -> !node.newcomers().isEmpty());
    }

    private void say(ReplayedNode node, String rpc, Said said, List<ClientStream> hearers)
            throws InterruptedException {
        long expected = follower.taken(node.alias(), rpc) + hearers.size();
        stage.with(() -> node.send(said, hearers));
        stage.progressed();
        Supplier<String> awaited = () -> "%s of %s to be taken".formatted(rpc, node.alias());
        while (follower.taken(node.alias(), rpc) < expected) {
            stage.check(awaited);
            if (stage.with(() -> areGone(hearers))) {
                return; // As with a real node, what was on its way is lost with the connection.
            }
            LockSupport.parkNanos(LOOK_NANOS);
            if (Thread.interrupted()) {
                throw new InterruptedException(awaited.get());
            }
        }
    }

    private static boolean areGone(List<ClientStream> streams) {
        return streams.stream().allMatch(stream -> stream.exchange().isClosed());
    }

    // --- checkpoints

    private void stand(ReplayedNode node, Checkpoint checkpoint) throws InterruptedException {
        stage.with(() -> node.beginStanding(checkpoint));
        String what =
                "the sweep of %s at checkpoint %d".formatted(node.alias(), checkpoint.number());
        CompletableFuture<Void> sweep = sweep(node);
        awaitWithFollowers(
                () ->
                        sweep.isDone()
                                && (node.unread().isEmpty() || sweep.isCompletedExceptionally()),
                () ->
                        "%s, %s, lists not read: %s"
                                .formatted(
                                        what, sweep.isDone() ? "done" : "not done", node.unread()));
        requireSuccess(sweep, what);
        stage.with(node::passCheckpoint);
    }

    private void sweepAll(String what) throws InterruptedException {
        letFollowersIn();
        Set<String> down = replay.down().keySet();
        for (ReplayedNode node : replay.allNodes()) {
            if (down.contains(node.alias())) {
                store(node); // A sweep would wait for a node that never comes back.
                continue;
            }
            CompletableFuture<Void> sweep = sweep(node);
            String named = "%s of %s".formatted(what, node.alias());
            awaitWithFollowers(sweep::isDone, () -> named);
            requireSuccess(sweep, named);
        }
    }

    private void store(ReplayedNode node) throws InterruptedException {
        CompletableFuture<Void> stored = signalling(follower.store(node.alias()));
        String named = "what was taken of %s to be stored".formatted(node.alias());
        stage.await(stored::isDone, () -> named);
        requireSuccess(stored, named);
    }

    private CompletableFuture<Void> sweep(ReplayedNode node) {
        return signalling(follower.sweep(node.alias()));
    }

    private CompletableFuture<Void> signalling(CompletableFuture<Void> answer) {
        var _ = answer.whenComplete((_, _) -> stage.progressed());
        return answer;
    }

    private static void requireSuccess(CompletableFuture<Void> sweep, String what) {
        try {
            sweep.join();
        } catch (CompletionException | CancellationException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new ReplayException(
                    "%s: %s (expected: success)".formatted(what, cause.getMessage()), cause);
        }
    }

    /// A follower whose connection breaks while it sweeps comes back with new streams, which must be let in.
    private void awaitWithFollowers(BooleanSupplier isDone, Supplier<String> awaited)
            throws InterruptedException {
        while (!stage.with(isDone::getAsBoolean)) {
            letFollowersIn();
            stage.await(
                    () -> isDone.getAsBoolean() || isAnyoneNew() || !missing().isEmpty(), awaited);
        }
    }

    private void reportCheckpoints() {
        while (!checkpointsToDo.isEmpty() && isDone(checkpointsToDo.first())) {
            listener.checkpointDone(checkpointsToDo.removeFirst());
        }
    }

    private boolean isDone(int checkpoint) {
        return stage.with(
                () -> replay.allNodes().stream().allMatch(node -> node.isThrough(checkpoint)));
    }

    private void progress(int lines) {
        listener.progress(
                new Progress(
                        lines,
                        timeline.size(),
                        replay.clock().instant(),
                        checkpoints - checkpointsToDo.size(),
                        checkpoints));
    }
}
