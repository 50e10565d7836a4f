package tallystick.serve.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import tallystick.proto.v1.BookEntry;
import tallystick.serve.books.Entries;

/// A broker that says that entries are safe when it is told to. Entries of the account "bad" break a rule.
public final class FakeEntries implements Entries {
    private final List<BookEntry> posted = new ArrayList<>();
    private final List<CompletableFuture<Void>> waiting = new ArrayList<>();
    private boolean holds;

    /// From now on nothing is safe until it is released.
    public synchronized void hold() {
        holds = true;
    }

    /// What waits is safe, and so is what comes.
    public void release() {
        List<CompletableFuture<Void>> all;
        synchronized (this) {
            holds = false;
            all = List.copyOf(waiting);
            waiting.clear();
        }
        all.forEach(one -> one.complete(null));
    }

    /// What waits is lost.
    public void lose() {
        List<CompletableFuture<Void>> all;
        synchronized (this) {
            all = List.copyOf(waiting);
            waiting.clear();
        }
        all.forEach(one -> one.completeExceptionally(new IllegalStateException("lost")));
    }

    public synchronized List<BookEntry> posted() {
        return List.copyOf(posted);
    }

    /// Waits until so many are posted.
    public synchronized void awaitPosted(int count) throws InterruptedException {
        while (posted.size() < count) {
            wait();
        }
    }

    @Override
    public Optional<String> fault(BookEntry entry) {
        return entry.getAccount().equals("bad")
                ? Optional.of("account: bad (expected: another)")
                : Optional.empty();
    }

    @Override
    public synchronized CompletionStage<Void> post(BookEntry entry) {
        posted.add(entry);
        notifyAll();
        if (!holds) {
            return CompletableFuture.completedFuture(null);
        }
        var safe = new CompletableFuture<Void>();
        waiting.add(safe);
        return safe;
    }
}
