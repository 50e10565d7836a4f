package tallystick.ops.pipeline;

import java.util.HashMap;
import java.util.Map;

/// Passes on what is said of somebody when it is not what was said last. One thread.
final class Told {
    private final Map<String, String> last = new HashMap<>();

    void tell(String who, String inWords, LiveRun.Listener listener) {
        if (!inWords.equals(last.put(who, inWords))) {
            listener.changed(inWords);
        }
    }
}
