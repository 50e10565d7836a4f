package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.Payment;

/// What the world remembers besides its present state, for those who ask for the truth. Belongs to the node's lock, save
/// the digests, which are for any thread.
final class Facts {
    private final boolean isRemembering;
    private final Digests sent = new Digests();
    private final List<Truth.Change> changes = new ArrayList<>();
    final Map<String, Invoice> deletedInvoices = new LinkedHashMap<>();
    final List<Payment> deletedPayments = new ArrayList<>();

    Facts(boolean isRemembering) {
        this.isRemembering = isRemembering;
    }

    boolean isRemembering() {
        return isRemembering;
    }

    void sent(ByteString bytes) {
        if (isRemembering) {
            sent.add(bytes);
        }
    }

    boolean wasSent(ByteString bytes) {
        return sent.contains(bytes);
    }

    void changed(Instant at, Truth.Kind kind, String key, String state) {
        if (isRemembering) {
            changes.add(new Truth.Change(at, kind, key, state));
        }
    }

    List<Truth.Change> changes() {
        return List.copyOf(changes);
    }

    void forget() {
        deletedInvoices.clear();
        deletedPayments.clear();
    }
}
