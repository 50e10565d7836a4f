package tallystick.db;

/// As whom a part of the program works, so that the database refuses what that part must never do.
public enum Role {
    /// Migrates; may do everything.
    OWNER(""),
    /// The reconciler: adds, never changes what has happened.
    WRITER("tallystick_writer"),
    /// Reports and pages: reads.
    SERVER("tallystick_server"),
    /// Moves evidence of months that are over to files.
    ARCHIVIST("tallystick_archivist"),
    /// Reads the `audit` views only.
    AUDITOR("tallystick_auditor");

    private final String roleName;

    Role(String roleName) {
        this.roleName = roleName;
    }

    /// The statements with which a connection begins. What the writer changes is noted as the program's own.
    String sql() {
        return switch (this) {
            case OWNER -> "RESET ROLE";
            case WRITER -> "SET ROLE " + roleName + "; SET tallystick.writes = 'on'";
            case SERVER, ARCHIVIST, AUDITOR -> "SET ROLE " + roleName;
        };
    }
}
