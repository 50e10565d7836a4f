package tallystick.simulator.replay;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The full state of a node at one quiet moment, as its list calls gave it. Immutable.
///
/// @param number as the recorder counted
/// @param line the line of its beginning
/// @param lists by call, the answers in the order they were recorded: the pages of a list, or one list read again
record Checkpoint(int number, int line, Map<String, List<Answer>> lists) {
    /// What the node answered to one call.
    ///
    /// @param line the line of the message, or of the end when there is no message
    /// @param code 0, or gRPC's number of an error
    record Answer(int line, ByteString bytes, int code, String detail) {}

    Checkpoint {
        var copy = new LinkedHashMap<String, List<Answer>>();
        lists.forEach((rpc, answers) -> copy.put(rpc, List.copyOf(answers)));
        lists = Map.copyOf(copy);
    }

    List<Answer> answers(String rpc) {
        return lists.getOrDefault(rpc, List.of());
    }

    /// The elements of all pages of a list, in order, each as the node wrote it.
    List<ByteString> elements(String rpc, int field) {
        var elements = new ArrayList<ByteString>();
        for (Answer answer : answers(rpc)) {
            elements.addAll(Wire.elements(answer.bytes(), field));
        }
        return elements;
    }
}
