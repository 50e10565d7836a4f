package tallystick.simulator.replay;

import tallystick.proto.lnrpc.WalletState;

/// Whether a node could be reached at a moment of its recording. Moves with the recording's lines; one thread.
final class Availability {
    enum Reach {
        /// All calls are answered.
        READY,
        /// Starting, but calls are already accepted.
        RPC_ACTIVE,
        /// Starting: only the state can be asked for.
        STARTING,
        /// On its way down: streams that are open go on, new ones are refused.
        STOPPING,
        DOWN,
        /// Nobody knows what the node did: the recorder was away.
        RECORDER_DOWN
    }

    private Reach node;
    private WalletState walletState;
    private boolean isRecorderUp = true;

    Availability(WalletState first) {
        walletState = first;
        node = reach(first);
    }

    Reach reach() {
        return isRecorderUp ? node : Reach.RECORDER_DOWN;
    }

    /// Whether lnd answers all calls, were there somebody to ask.
    boolean isLndReady() {
        return node == Reach.READY;
    }

    WalletState walletState() {
        return walletState;
    }

    /// Streams and lists are accepted.
    boolean isAccepting() {
        return reach() == Reach.READY || reach() == Reach.RPC_ACTIVE;
    }

    /// Remarks about other things change nothing.
    void mark(String text) {
        switch (text) {
            case "recorder up" -> isRecorderUp = true;
            case "recorder down" -> isRecorderUp = false;
            case "lnd stopping" -> node = Reach.STOPPING;
            case "lnd stopped", "lnd killed" -> node = Reach.DOWN;
            case "lnd SERVER_ACTIVE" -> walletState(WalletState.SERVER_ACTIVE);
            default -> {
                if (text.startsWith("lnd starting")) {
                    node = Reach.DOWN; // Its port does not answer yet.
                }
            }
        }
    }

    void walletState(WalletState state) {
        walletState = state;
        node = reach(state);
    }

    private static Reach reach(WalletState state) {
        return switch (state) {
            case SERVER_ACTIVE -> Reach.READY;
            case RPC_ACTIVE -> Reach.RPC_ACTIVE;
            case NON_EXISTING, LOCKED, UNLOCKED, WAITING_TO_START, UNRECOGNIZED -> Reach.STARTING;
        };
    }
}
