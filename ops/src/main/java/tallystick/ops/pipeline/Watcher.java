package tallystick.ops.pipeline;

/// Is told how a long piece of work goes on.
public interface Watcher {
    /// What is going on right now.
    void now(String what);

    /// A step is done.
    void done(String what);
}
