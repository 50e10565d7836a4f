package tallystick.ops.pipeline;

/// Tells a person who waits how far things are. Any thread.
public interface Progress extends AutoCloseable {
    /// What is going on right now; replaces what was said before.
    void now(String what);

    /// A step is done: stays on the screen, with the time it took.
    void done(String what);

    /// Nothing more will be told.
    @Override
    void close();
}
