package tallystick.ingest.publish;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;

/// Between the threads that read a node and the one that publishes: bounded by messages, those in the open transaction
/// included. When it is full, `put` waits, the reader stops reading and so the node waits.
///
/// Any thread puts; one takes.
final class PublishQueue {
    private final int capacity;
    private final Semaphore free;
    private final LinkedBlockingQueue<QueueItem> items = new LinkedBlockingQueue<>();

    PublishQueue(int capacity) {
        this.capacity = capacity;
        // Fair: otherwise single messages would overtake a page of a list for as long as the queue
        // is nearly full.
        this.free = new Semaphore(capacity, true);
    }

    void put(QueueItem item) throws InterruptedException {
        if (item.weight() > capacity) {
            throw new IllegalStateException(
                    "queue: %d messages at once (expected: at most %d)"
                            .formatted(item.weight(), capacity));
        }
        free.acquire(item.weight());
        items.add(item);
    }

    QueueItem take() throws InterruptedException {
        return items.take();
    }

    /// What lies behind `first` and can go into one transaction with it: from the same source, up to and including the end of
    /// a sweep, about `messagesMax` in all.
    List<QueueItem> batch(QueueItem first, int messagesMax) {
        List<QueueItem> batch = new ArrayList<>(List.of(first));
        int messages = first.weight();
        while (!(batch.getLast() instanceof QueueItem.SweepEnded)) {
            QueueItem next = items.peek();
            if (next == null
                    || next.from() != first.from()
                    || messages + next.weight() > messagesMax) {
                break;
            }
            batch.add(items.remove());
            messages += next.weight();
        }
        return batch;
    }

    /// To be called when the items are done with.
    void release(List<QueueItem> done) {
        free.release(done.stream().mapToInt(QueueItem::weight).sum());
    }

    List<QueueItem> drain() {
        List<QueueItem> rest = new ArrayList<>();
        items.drainTo(rest);
        return rest;
    }
}
