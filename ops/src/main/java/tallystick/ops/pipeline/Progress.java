package tallystick.ops.pipeline;

/// Tells a person who waits how far things are. Any thread.
public interface Progress extends Watcher, AutoCloseable {
    /// Nothing more will be told.
    @Override
    void close();
}
