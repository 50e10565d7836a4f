package tallystick.ingest.publish;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Between the threads that read a node and the one that publishes: bounded by bytes, those in the open transaction
/// included. When it is full, `put` waits, the reader stops reading and so the node waits.
///
/// Any thread puts; one takes.
final class PublishQueue {
    /// While we do not read, a node keeps in its memory what it would tell. Then it is better not to be told at all: what was
    /// missed will be listed.
    static final Duration PATIENCE = Duration.ofMinutes(2);

    private final int capacity;
    private final Semaphore free;
    private final LinkedBlockingQueue<QueueItem> items = new LinkedBlockingQueue<>();

    /// @param capacity in bytes
    PublishQueue(int capacity) {
        this.capacity = capacity;
        // Fair: otherwise single messages would overtake a page of a list for as long as the queue
        // is nearly full.
        this.free = new Semaphore(capacity, true);
    }

    /// @return false when there was no room for as long as [#PATIENCE]
    boolean put(QueueItem item) throws InterruptedException {
        if (!free.tryAcquire(weight(item), PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
            return false;
        }
        items.add(item);
        return true;
    }

    QueueItem take() throws InterruptedException {
        return items.take();
    }

    /// What lies behind `first` and can go into one transaction with it: up to and including the end of a sweep, about
    /// `messagesMax` in all.
    List<QueueItem> batch(QueueItem first, int messagesMax) {
        List<QueueItem> batch = new ArrayList<>(List.of(first));
        int messages = messages(first);
        while (!(batch.getLast() instanceof QueueItem.SweepEnded) && messages < messagesMax) {
            QueueItem next = items.poll();
            if (next == null) {
                break;
            }
            batch.add(next);
            messages += messages(next);
        }
        return batch;
    }

    /// To be called when the items are done with.
    void release(List<QueueItem> done) {
        free.release(done.stream().mapToInt(this::weight).sum());
    }

    List<QueueItem> drain() {
        List<QueueItem> rest = new ArrayList<>();
        items.drainTo(rest);
        return rest;
    }

    /// One item that is larger than the whole queue has it for itself.
    private int weight(QueueItem item) {
        return Math.min(item.weight(), capacity);
    }

    static int messages(List<QueueItem> items) {
        return items.stream().mapToInt(PublishQueue::messages).sum();
    }

    private static int messages(QueueItem item) {
        return item instanceof QueueItem.Listed listed ? listed.messages().size() : 1;
    }
}
