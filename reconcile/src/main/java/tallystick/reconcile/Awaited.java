package tallystick.reconcile;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tallystick.db.Transactions;

/// Which of the items that a worker noted in `ledger.due` may still wait. Nearly all agree long before the moment they were
/// noted for; then their note is dropped without a look at their row, which has left memory by then.
///
/// All that is noted under its number is here before that is committed, and goes only when it is committed that the item
/// waits for nothing. A wait that begins after that is noted anew. So an item that is not here has no note under the number
/// that matters, whoever else decides it or holds its partition meanwhile. What is here in vain costs a look-up.
///
/// One thread, that of its worker.
final class Awaited {
    /// Of about 120 bytes each. With more of them all is forgotten, and looked up where it was noted.
    static final int ITEMS_MAX = 50_000;

    /// Drawn here and by nobody else, as two of the same number would drop each other's notes.
    private final SecureRandom random = new SecureRandom();

    private final Set<ByteString> items = new HashSet<>();

    /// What waits no more, when the transaction that is under way is committed.
    private final List<ByteString> settled = new ArrayList<>();

    private long number = drawn();

    private long drawn() {
        return random.nextLong(1, Long.MAX_VALUE);
    }

    /// Runs work that decides items in one transaction, and learns from it once it is committed.
    <T> T call(Transactions transactions, Transactions.Work<T> work) {
        settled.clear(); // Of one that was rolled back.
        T result = transactions.call(work);
        settled.forEach(items::remove);
        settled.clear();
        return result;
    }

    /// Tells of items that are being noted, and under which number to do that.
    long note(Collection<ByteString> keys) {
        if (items.size() + keys.size() > ITEMS_MAX) {
            items.clear();
            number = drawn();
        }
        items.addAll(keys);
        return number;
    }

    /// Tells of an item that waits for nothing.
    void settle(ByteString key) {
        settled.add(key);
    }

    /// False when what was noted under the number need not be looked up.
    boolean mayWait(long notedBy, byte[] key) {
        return notedBy != number || items.contains(UnsafeByteOperations.unsafeWrap(key));
    }
}
