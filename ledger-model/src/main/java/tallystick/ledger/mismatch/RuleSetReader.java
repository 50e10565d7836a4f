package tallystick.ledger.mismatch;

import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tallystick.ledger.NodeId;
import tallystick.ledger.Spelling;

/// Reads the entries of a rules file, and finds all that is wrong with them before it gives up. One use.
final class RuleSetReader {
    static final String TIME_ZONE = "time-zone";

    private static final Pattern KEY =
            Pattern.compile(
                    "(?:code\\.(?<code>[^.]+)\\.)?(?:node\\.(?<node>[^.]+)\\.)?(?:account\\.(?<account>.+)\\.)?(?<setting>[^.]+)");

    private final List<String> errors = new ArrayList<>();
    private final Map<RuleSetting, Object> general = new EnumMap<>(RuleSetting.class);
    private final SortedMap<RuleScope, Map<RuleSetting, Object>> scoped = new TreeMap<>();

    RuleSet read(Map<String, String> entries, ZoneId zone) {
        ZoneId found = zone;
        for (Map.Entry<String, String> entry : new TreeMap<>(entries).entrySet()) {
            if (entry.getKey().equals(TIME_ZONE)) {
                found = zone(entry.getValue(), zone);
            } else {
                take(entry.getKey(), entry.getValue());
            }
        }
        if (!errors.isEmpty()) {
            throw new RuleSetException(errors);
        }
        return new RuleSet(1, found, RuleSettings.defaults().with(general), scoped);
    }

    private ZoneId zone(String text, ZoneId otherwise) {
        try {
            return ZoneId.of(text);
        } catch (DateTimeException e) {
            errors.add(TIME_ZONE + ": " + text + " (expected: a time zone such as UTC)");
            return otherwise;
        }
    }

    private void take(String key, String value) {
        Matcher matcher = KEY.matcher(key);
        if (!matcher.matches()) {
            errors.add(
                    "%s: no rule (expected: [code.CODE.][node.PUBKEY.][account.NAME.]SETTING)"
                            .formatted(key));
            return;
        }
        Optional<RuleSetting> setting = setting(key, matcher.group("setting"));
        Optional<Code> code =
                Optional.ofNullable(matcher.group("code")).flatMap(text -> code(key, text));
        Optional<NodeId> node =
                Optional.ofNullable(matcher.group("node")).flatMap(text -> node(key, text));
        Optional<String> account = Optional.ofNullable(matcher.group("account"));
        Optional<Object> parsed = setting.flatMap(one -> value(key, one, value));
        if (parsed.isEmpty()) {
            return;
        }
        if (setting.get().isOfTheLedger()
                && (matcher.group("node") != null || account.isPresent())) {
            errors.add(
                    "%s: is not told apart by node or account (expected: %s, or code.CODE.%s)"
                            .formatted(key, setting.get().key(), setting.get().key()));
            return;
        }
        boolean isScoped = matcher.start("setting") > 0;
        if (!isScoped) {
            general.put(setting.get(), parsed.get());
        } else if (code.isPresent() || node.isPresent() || account.isPresent()) {
            scoped.computeIfAbsent(
                            new RuleScope(code, node, account),
                            _ -> new EnumMap<>(RuleSetting.class))
                    .put(setting.get(), parsed.get());
        }
    }

    private Optional<RuleSetting> setting(String key, String text) {
        Optional<RuleSetting> found = RuleSetting.ofKey(text);
        if (found.isEmpty()) {
            unknown(key, text, Arrays.stream(RuleSetting.values()).map(RuleSetting::key));
        }
        return found;
    }

    private Optional<Code> code(String key, String text) {
        Optional<Code> found =
                Arrays.stream(Code.values()).filter(one -> one.name().equals(text)).findFirst();
        if (found.isEmpty()) {
            unknown(key, text, Arrays.stream(Code.values()).map(Code::name));
        }
        return found;
    }

    private Optional<NodeId> node(String key, String text) {
        try {
            return Optional.of(NodeId.parse(text));
        } catch (IllegalArgumentException e) {
            errors.add(
                    "%s: %s is no node (expected: a public key, 66 hex digits)"
                            .formatted(key, text));
            return Optional.empty();
        }
    }

    private Optional<Object> value(String key, RuleSetting setting, String value) {
        try {
            return Optional.of(setting.parse(value.strip()));
        } catch (IllegalArgumentException e) {
            errors.add("%s: %s (expected: %s)".formatted(key, value, e.getMessage()));
            return Optional.empty();
        }
    }

    private void unknown(String key, String text, Stream<String> known) {
        List<String> names = known.toList();
        String expected =
                Spelling.nearest(names, text)
                        .map("did you mean %s?"::formatted)
                        .orElse("one of " + String.join(", ", names));
        errors.add("%s: %s is not known (expected: %s)".formatted(key, text, expected));
    }
}
