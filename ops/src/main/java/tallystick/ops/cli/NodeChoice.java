package tallystick.ops.cli;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import tallystick.report.figures.NodeNames;

/// What `--node` means: nodes by their alias, or by the first digits of their keys. The same for every command.
final class NodeChoice {
    private NodeChoice() {}

    /// Those that are meant.
    ///
    /// @param wanted as it was typed
    /// @throws CommandException when there is none, with those that there are
    static <T> List<T> of(
            String wanted, List<T> nodes, Function<T, String> pubkey, Function<T, String> alias) {
        List<T> meant =
                nodes.stream()
                        .filter(
                                one ->
                                        NodeNames.isMeant(
                                                wanted, pubkey.apply(one), alias.apply(one)))
                        .toList();
        if (meant.isEmpty()) {
            throw unknown(
                    wanted,
                    nodes.stream().map(one -> NodeNames.name(pubkey.apply(one), alias.apply(one))));
        }
        return meant;
    }

    /// @param known names of the nodes that there are
    static CommandException unknown(String wanted, Stream<String> known) {
        List<String> names = known.sorted().toList();
        return new CommandException(
                ExitCode.BAD_INPUT,
                "--node: %s (expected: %s, or the first digits of a key that is known)"
                        .formatted(
                                wanted,
                                names.isEmpty()
                                        ? "a node that has been read; none has"
                                        : "one of " + String.join(", ", names)));
    }
}
