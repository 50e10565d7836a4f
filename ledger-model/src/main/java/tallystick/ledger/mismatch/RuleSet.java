package tallystick.ledger.mismatch;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import tallystick.ledger.NodeId;
import tallystick.ledger.item.Opening;

/// The settings of the rules, under one version. Immutable data: what it says stands in its text, and the text gives it back.
public final class RuleSet {
    private final int version;
    private final ZoneId zone;
    private final RuleSettings general;

    /// The less specific first.
    private final SortedMap<RuleScope, Map<RuleSetting, Object>> scoped;

    private final Past past;

    /// What was before these rules; no part of what they say.
    private record Past(
            Instant activatedAt, Map<Integer, RuleSet> former, Optional<Instant> openedAt) {
        static final Past NONE = new Past(Instant.EPOCH, Map.of(), Optional.empty());
    }

    /// @param general what holds where nothing more specific does
    RuleSet(
            int version,
            ZoneId zone,
            RuleSettings general,
            SortedMap<RuleScope, Map<RuleSetting, Object>> scoped) {
        this(version, zone, general, scoped, Past.NONE);
    }

    private RuleSet(
            int version,
            ZoneId zone,
            RuleSettings general,
            SortedMap<RuleScope, Map<RuleSetting, Object>> scoped,
            Past past) {
        this.past = past;
        this.version = version;
        this.zone = zone.normalized() instanceof ZoneOffset fixed ? fixed : zone; // "UTC" is "Z".
        this.general = general;
        this.scoped = Collections.unmodifiableSortedMap(new TreeMap<>(scoped));
    }

    /// The defaults, days in UTC.
    public static RuleSet defaults() {
        return new RuleSet(1, ZoneOffset.UTC, RuleSettings.defaults(), new TreeMap<>());
    }

    /// Reads the entries of a rules file: `[code.CODE.][node.PUBKEY.][account.NAME.]SETTING=VALUE`.
    ///
    /// @param zone in which a day begins and ends, unless an entry `time-zone` says another
    /// @throws RuleSetException with everything that is wrong
    public static RuleSet parse(Map<String, String> entries, ZoneId zone) {
        return new RuleSetReader().read(entries, zone);
    }

    /// Reads what `text` gave.
    public static RuleSet parse(String text, int version) {
        Map<String, String> entries = new HashMap<>();
        text.lines()
                .forEach(
                        line -> {
                            int equals = line.lastIndexOf('=');
                            entries.put(line.substring(0, equals), line.substring(equals + 1));
                        });
        return parse(entries, ZoneOffset.UTC).withVersion(version);
    }

    /// A decision names the version it rests on.
    public int version() {
        return version;
    }

    /// In which a day begins and ends.
    public ZoneId zone() {
        return zone;
    }

    /// What holds where nothing more specific does.
    public RuleSettings general() {
        return general;
    }

    /// What holds for a code, wherever.
    public RuleSettings of(Code code) {
        return of(code, Optional.empty(), Optional.empty());
    }

    public RuleSettings of(Code code, NodeId node) {
        return of(code, Optional.of(node), Optional.empty());
    }

    /// What holds for a code at a node and an account of the business: the most specific that is set, see [RuleScope].
    public RuleSettings of(Code code, Optional<NodeId> node, Optional<String> account) {
        if (scoped.isEmpty()) {
            return general;
        }
        Map<RuleSetting, Object> special = new EnumMap<>(RuleSetting.class);
        scoped.forEach(
                (scope, values) -> {
                    if (scope.covers(code, node, account)) {
                        special.putAll(values);
                    }
                });
        return general.with(special);
    }

    /// How much a finding matters at a moment: each band of value or age that it has passed raises it by one.
    public Severity severity(Finding finding, Instant now) {
        RuleSettings settings = settings(finding);
        long aged =
                settings.ageBands().stream()
                        .filter(band -> !now.isBefore(finding.since().plus(band)))
                        .count();
        return raised(finding, settings, aged);
    }

    /// The next moment at which age alone raises the finding's severity; empty when nothing does any more.
    public Optional<Instant> raisedAt(Finding finding, Instant now) {
        RuleSettings settings = settings(finding);
        Severity present = severity(finding, now);
        if (present == Severity.INFORMATION || present == Severity.CRITICAL) {
            return Optional.empty();
        }
        return settings.ageBands().stream()
                .map(band -> finding.since().plus(band))
                .filter(now::isBefore)
                .findFirst();
    }

    private RuleSettings settings(Finding finding) {
        return of(finding.code(), finding.node(), finding.account());
    }

    private static Severity raised(Finding finding, RuleSettings settings, long aged) {
        if (finding.code().isInformation()) {
            return Severity.INFORMATION;
        }
        long valued =
                settings.valueBands().stream()
                        .filter(band -> finding.amount().compareTo(band) >= 0)
                        .count();
        Severity severity = settings.severity().orElse(finding.severity());
        for (long step = 0; step < valued + aged; step++) {
            severity = severity.raised();
        }
        return severity;
    }

    /// The same under another version.
    public RuleSet withVersion(int other) {
        return new RuleSet(other, zone, general, scoped, past);
    }

    /// The same, knowing since when they hold and which rules decisions of people may rest on.
    public RuleSet after(Instant activatedAt, Collection<RuleSet> former) {
        Map<Integer, RuleSet> byVersion = new HashMap<>();
        former.forEach(one -> byVersion.put(one.version(), one));
        return new RuleSet(
                version, zone, general, scoped, new Past(activatedAt, byVersion, past.openedAt()));
    }

    /// The same in a ledger that counts from the given moment.
    public RuleSet openedAt(Optional<Instant> moment) {
        return new RuleSet(
                version,
                zone,
                general,
                scoped,
                new Past(past.activatedAt(), past.former(), moment));
    }

    /// From which moment on the ledger counts.
    public Opening opening() {
        return past.openedAt().isEmpty() ? Opening.NONE : new Opening(past.openedAt(), zone);
    }

    /// Since when they hold.
    public Instant activatedAt() {
        return past.activatedAt();
    }

    /// The rules of another version, if it ever held.
    Optional<RuleSet> former(int other) {
        return Optional.ofNullable(past.former().get(other))
                .map(one -> one.openedAt(past.openedAt()));
    }

    /// The same with days of another zone.
    public RuleSet withZone(ZoneId other) {
        return new RuleSet(version, other, general, scoped);
    }

    /// The same without bands: every severity stays where it begins.
    public RuleSet withoutBands() {
        Map<RuleSetting, Object> none =
                Map.of(RuleSetting.VALUE_BANDS, List.of(), RuleSetting.AGE_BANDS, List.of());
        SortedMap<RuleScope, Map<RuleSetting, Object>> without = new TreeMap<>();
        scoped.forEach(
                (scope, values) -> {
                    Map<RuleSetting, Object> rest = new HashMap<>(values);
                    rest.keySet().removeAll(none.keySet());
                    without.put(scope, rest);
                });
        return new RuleSet(version, zone, general.with(none), without);
    }

    /// The same where nobody minds silence: of a past that is told again, a node says no more than it did.
    public RuleSet withoutSilence() {
        SortedMap<RuleScope, Map<RuleSetting, Object>> without = new TreeMap<>();
        scoped.forEach(
                (scope, values) -> {
                    Map<RuleSetting, Object> rest = new HashMap<>(values);
                    rest.remove(RuleSetting.SILENT_AFTER);
                    without.put(scope, rest);
                });
        return new RuleSet(
                version,
                zone,
                general.with(Map.of(RuleSetting.SILENT_AFTER, Duration.ZERO)),
                without);
    }

    /// All that it says, one way only: equal texts are equal rules. The version is not part of it.
    public String text() {
        StringBuilder text = new StringBuilder(512);
        text.append(RuleSetReader.TIME_ZONE).append('=').append(zone.getId()).append('\n');
        for (RuleSetting setting : RuleSetting.values()) {
            text.append(setting.key()).append('=').append(general.text(setting)).append('\n');
        }
        scoped.forEach(
                (scope, values) ->
                        new TreeMap<>(values)
                                .forEach(
                                        (setting, value) ->
                                                text.append(scope.prefix())
                                                        .append(setting.key())
                                                        .append('=')
                                                        .append(setting.text(value))
                                                        .append('\n')));
        return text.toString();
    }

    /// The shortest time that the books may take for one of the codes at a node, whatever the account.
    Duration leastGraceBooks(Set<Code> codes, NodeId node) {
        Stream<Duration> byAccount =
                scoped.keySet().stream()
                        .map(RuleScope::account)
                        .distinct()
                        .flatMap(
                                account ->
                                        codes.stream()
                                                .map(
                                                        code ->
                                                                of(code, Optional.of(node), account)
                                                                        .graceBooks()));
        Stream<Duration> plain = codes.stream().map(code -> of(code, node).graceBooks());
        return Stream.concat(byAccount, plain).min(Duration::compareTo).orElseThrow();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RuleSet that
                && version == that.version
                && text().equals(that.text());
    }

    @Override
    public int hashCode() {
        return text().hashCode();
    }

    @Override
    public String toString() {
        return "rules version " + version;
    }
}
