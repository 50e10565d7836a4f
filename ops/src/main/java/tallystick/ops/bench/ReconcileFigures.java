package tallystick.ops.bench;

/// What the reconciler reached at one size of the ledger.
///
/// @param items in the ledger by then
/// @param eventsPerSecond records applied a second over the last items before that size
/// @param referenceRowsPerSecond the yardstick, before and after the run
/// @param ratio events to reference rows
/// @param decisionMillisP50 from record to committed decision at half that rate; 0 when not measured at this size
/// @param decisionMillisP99 likewise
/// @param peakHeapBytes of this process, broker included
/// @param postgresBytesPerEvent what the database grew by
/// @param jvmMicros processor time of this process per event, broker included
/// @param postgresMicros processor time of all of Postgres per event
/// @param buffersPerEvent pages that Postgres touched
/// @param lookupMillisP95 an item with its evidence and transfers, by its key
public record ReconcileFigures(
        long items,
        int workers,
        double eventsPerSecond,
        double referenceRowsPerSecond,
        double ratio,
        double decisionMillisP50,
        double decisionMillisP99,
        long peakHeapBytes,
        double postgresBytesPerEvent,
        double jvmMicros,
        double postgresMicros,
        double buffersPerEvent,
        double lookupMillisP95) {
    ReconcileFigures withReference(double rowsPerSecond) {
        return new ReconcileFigures(
                items,
                workers,
                eventsPerSecond,
                rowsPerSecond,
                eventsPerSecond / rowsPerSecond,
                decisionMillisP50,
                decisionMillisP99,
                peakHeapBytes,
                postgresBytesPerEvent,
                jvmMicros,
                postgresMicros,
                buffersPerEvent,
                lookupMillisP95);
    }
}
