package tallystick.serve.web.page;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tallystick.db.query.HeadReader;
import tallystick.report.figures.Hashes;
import tallystick.report.figures.NodeNames;
import tallystick.report.figures.PlainText;
import tallystick.serve.web.http.Visit;

/// What stands around a page. Immutable.
///
/// @param title of the page, as the browser shows it
/// @param tab where it belongs; empty where nobody has signed in
/// @param head how far the ledger was when the page was made; empty where it was not read
/// @param nodes by public key, the alias
/// @param assets where stylesheet and script are
public record Frame(
        Visit visit,
        String title,
        Optional<Tab> tab,
        String ledger,
        String zone,
        Optional<HeadReader.Head> head,
        Map<String, String> nodes,
        Assets assets) {
    public Frame {
        nodes = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(nodes));
    }

    /// Those that the person may follow.
    public List<Tab> tabs() {
        return Arrays.stream(Tab.values()).filter(one -> visit.may(one.role())).toList();
    }

    /// What people call a node.
    public String node(String pubkey) {
        if (pubkey.isEmpty()) {
            return "no node";
        }
        return NodeNames.name(PlainText.oneLine(pubkey), nodes.getOrDefault(pubkey, ""));
    }

    /// An account with its node and its channel as people call them: `node:alice:channel:898b0ffc…f60b28:1`.
    public String account(String name) {
        String named = PlainText.oneLine(name);
        for (String node : nodes.keySet()) {
            named = named.replace(node, node(node));
        }
        return Hashes.shortened(named);
    }

    public String formToken() {
        return visit.formToken();
    }
}
