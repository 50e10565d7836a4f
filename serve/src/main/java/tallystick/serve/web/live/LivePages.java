package tallystick.serve.web.live;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import tallystick.db.query.LedgerPlace;
import tallystick.proto.v1.Role;
import tallystick.serve.call.Readings;
import tallystick.serve.mismatch.HeadWatch;
import tallystick.serve.web.access.Sessions;
import tallystick.serve.web.http.Answer;
import tallystick.serve.web.http.Routes;
import tallystick.serve.web.http.Visit;
import tallystick.serve.web.http.WebProblem;

/// Tells open pages the ledger sequence whenever it has grown. Any thread.
public final class LivePages implements AutoCloseable {
    private static final String PATH = "/live";

    private static final int STREAMS_MAX = 500;

    /// A page is not told more often.
    private static final Duration PACE = Duration.ofSeconds(2);

    /// How long somebody who is signed out can still be told.
    private static final Duration LOOK = Duration.ofSeconds(5);

    private final Readings readings;
    private final HeadWatch head;
    private final Sessions sessions;
    private final Semaphore streams = new Semaphore(STREAMS_MAX);
    private final Set<Thread> tellers = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    public LivePages(Readings readings, HeadWatch head, Sessions sessions) {
        this.readings = readings;
        this.head = head;
        this.sessions = sessions;
    }

    /// Pages that are told now.
    public int followers() {
        return tellers.size();
    }

    public void addTo(Routes routes) {
        routes.get(PATH, Role.ROLE_VIEWER, this::events);
    }

    private Answer events(Visit visit) {
        if (!streams.tryAcquire()) {
            throw new WebProblem(503, "Too many pages are open. Load the page again by hand.");
        }
        return Answer.events(
                out -> {
                    try {
                        tellers.add(Thread.currentThread());
                        tell(visit.token(), out);
                    } finally {
                        tellers.remove(Thread.currentThread());
                        streams.release();
                    }
                });
    }

    private void tell(String token, OutputStream out) throws IOException, InterruptedException {
        long told = -1;
        while (!closed && sessions.find(token, false).isPresent()) {
            long now = readings.read(LedgerPlace::now).sequence();
            // The comment keeps proxies and us from holding a connection that nobody is at.
            String event = now > told ? "event: head\ndata: %d\n\n".formatted(now) : ":\n\n";
            out.write(event.getBytes(UTF_8));
            out.flush();
            told = now;
            Thread.sleep(PACE);
            head.awaitBeyond(told, LOOK);
        }
    }

    /// Ends all of them.
    @Override
    public void close() {
        closed = true;
        tellers.forEach(Thread::interrupt);
    }
}
