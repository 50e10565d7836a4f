package tallystick.ingest.books;

/// Where a way in for book entries stands, for people and metrics.
///
/// @param name for example `inbox` or `pull erp`
/// @param reason why it stands there; empty when there is nothing to say
/// @param taken entries committed to the books topic since the start
/// @param quarantined entries that could not be used since the start
public record IntakeStatus(
        String name, IntakeState state, String reason, long taken, long quarantined) {}
