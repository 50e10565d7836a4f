package tallystick.ingest;

/// Whose move it is when something fails. Logs and exit codes share it.
public enum ErrorCode {
    /// Somebody must change a setting, a file or a node: trying again alone does not help.
    USER,
    /// Something outside did not answer or broke off: trying again may help.
    EXTERNAL,
    /// A mistake of ours.
    INTERNAL
}
