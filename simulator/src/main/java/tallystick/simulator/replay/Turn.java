package tallystick.simulator.replay;

import java.util.Optional;

/// What a line of the recording asks of the replay.
sealed interface Turn {
    /// To go on.
    record Pass() implements Turn {}

    /// To say this to whoever has the stream open, and to wait until it is taken.
    ///
    /// @param event of an invoice
    record Say(String rpc, Said said, Optional<InvoiceBacklog.Event> event) implements Turn {}

    /// To stand still until all lists of the checkpoint are read.
    record Stand(Checkpoint checkpoint) implements Turn {}
}
