package tallystick.ops.cli;

import tallystick.ops.pipeline.Watcher;

/// Shows on the terminal how a pipeline goes on.
record ProgressWatcher(Progress progress) implements Watcher {
    @Override
    public void now(String what) {
        progress.now(what);
    }

    @Override
    public void done(String what) {
        progress.done(what);
    }
}
