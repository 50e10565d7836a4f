package tallystick.simulator.server;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.locks.ReentrantLock;

/// One call of a client. What is sent waits here, without bound, until the client takes it: so a slow client costs the
/// node memory, but never makes it wait, which is how lnd does it. Any thread.
public final class Exchange {
    private final ReentrantLock lock = new ReentrantLock();
    private final ServerCall<ByteString, ByteString> call;
    private final String rpc;
    private final ByteString request;

    @GuardedBy("lock")
    private Iterator<ByteString> backlog = Collections.emptyIterator();

    @GuardedBy("lock")
    private final Deque<ByteString> waiting = new ArrayDeque<>();

    @GuardedBy("lock")
    private boolean isClosed;

    Exchange(ServerCall<ByteString, ByteString> call, String rpc, ByteString request) {
        this.call = call;
        this.rpc = rpc;
        this.request = request;
    }

    public String rpc() {
        return rpc;
    }

    public ByteString request() {
        return request;
    }

    /// By either side.
    public boolean isClosed() {
        lock.lock();
        try {
            return isClosed;
        } finally {
            lock.unlock();
        }
    }

    /// The first thing that a client hears of a stream.
    public void accept() {
        lock.lock();
        try {
            if (!isClosed) {
                call.sendHeaders(new Metadata());
            }
        } finally {
            lock.unlock();
        }
    }

    /// Sends all of these before what comes later, each only when the client takes it.
    public void sendFirst(Iterator<ByteString> messages) {
        lock.lock();
        try {
            backlog = messages;
            drain();
        } finally {
            lock.unlock();
        }
    }

    public void send(ByteString message) {
        lock.lock();
        try {
            if (!isClosed) {
                waiting.add(message);
                drain();
            }
        } finally {
            lock.unlock();
        }
    }

    public void reply(ByteString message) {
        lock.lock();
        try {
            if (!isClosed) {
                call.sendHeaders(new Metadata());
                call.sendMessage(message);
                end(Status.OK);
            }
        } finally {
            lock.unlock();
        }
    }

    /// What waits is still sent.
    public void close(Status status) {
        lock.lock();
        try {
            if (!isClosed) {
                backlog.forEachRemaining(call::sendMessage);
                waiting.forEach(call::sendMessage);
                end(status);
            }
        } finally {
            lock.unlock();
        }
    }

    /// What waits is lost.
    public void abort(Status status) {
        lock.lock();
        try {
            if (!isClosed) {
                end(status);
            }
        } finally {
            lock.unlock();
        }
    }

    public void canceledByClient() {
        lock.lock();
        try {
            isClosed = true;
            forget();
        } finally {
            lock.unlock();
        }
    }

    void onReady() {
        lock.lock();
        try {
            drain();
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void drain() {
        while (!isClosed && call.isReady() && (backlog.hasNext() || !waiting.isEmpty())) {
            call.sendMessage(backlog.hasNext() ? backlog.next() : waiting.remove());
        }
    }

    @GuardedBy("lock")
    private void end(Status status) {
        isClosed = true;
        forget();
        call.close(status, new Metadata());
    }

    @GuardedBy("lock")
    private void forget() {
        backlog = Collections.emptyIterator();
        waiting.clear();
    }
}
