package tallystick.ledger.mismatch;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tallystick.ledger.Msat;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.match.MatchRules;

/// The settings that hold for one code, node and account. Immutable.
public final class RuleSettings {
    private static final RuleSettings DEFAULTS = new RuleSettings(defaultValues());

    private final Map<RuleSetting, Object> values;

    private RuleSettings(Map<RuleSetting, Object> values) {
        this.values = values;
    }

    public static RuleSettings defaults() {
        return DEFAULTS;
    }

    private static Map<RuleSetting, Object> defaultValues() {
        Map<RuleSetting, Object> values = new EnumMap<>(RuleSetting.class);
        for (RuleSetting setting : RuleSetting.values()) {
            values.put(setting, setting.parse(setting.defaultText()));
        }
        return values;
    }

    /// The same, but for what is given.
    RuleSettings with(Map<RuleSetting, Object> changed) {
        if (changed.isEmpty()) {
            return this;
        }
        Map<RuleSetting, Object> more = new EnumMap<>(values);
        more.putAll(changed);
        return new RuleSettings(more);
    }

    /// How long the books may take after the node's event (g).
    public Duration graceBooks() {
        return (Duration) value(RuleSetting.GRACE_BOOKS);
    }

    /// How long the node may take after a booking (h).
    public Duration graceNode() {
        return (Duration) value(RuleSetting.GRACE_NODE);
    }

    /// A payment under way longer than this is stuck (T1).
    public Duration stuckAfter() {
        return (Duration) value(RuleSetting.STUCK_AFTER);
    }

    /// A payment under way without any HTLC for longer than this (T2).
    public Duration emptyAfter() {
        return (Duration) value(RuleSetting.EMPTY_AFTER);
    }

    /// A receipt accepted, but not settled, for longer than this (T3).
    public Duration holdAfter() {
        return (Duration) value(RuleSetting.HOLD_AFTER);
    }

    /// A node or stream that says nothing for longer than this (T4).
    public Duration silentAfter() {
        return (Duration) value(RuleSetting.SILENT_AFTER);
    }

    /// An adjustment not approved for longer than this (T5).
    public Duration approvalAfter() {
        return (Duration) value(RuleSetting.APPROVAL_AFTER);
    }

    /// A report that is not issued for longer than this after it was due (T6).
    public Duration reportLateAfter() {
        return (Duration) value(RuleSetting.REPORT_LATE_AFTER);
    }

    /// An accepted HTLC with fewer blocks than these before its deadline (n).
    public int holdBlocks() {
        return (Integer) value(RuleSetting.HOLD_BLOCKS);
    }

    /// A transaction is to be booked once it has so many confirmations (k).
    public int confirmations() {
        return (Integer) value(RuleSetting.CONFIRMATIONS);
    }

    /// So many blocks after it could, the node must have taken what is ripe (m).
    public int maturityBlocks() {
        return (Integer) value(RuleSetting.MATURITY_BLOCKS);
    }

    /// Amounts that differ by no more than this agree by rule.
    public Msat tolerance() {
        return (Msat) value(RuleSetting.TOLERANCE);
    }

    /// Whether whole satoshis in the books agree with msat at the node, for entries of a kind.
    public boolean isRounding(EntryKind kind) {
        return ((Set<?>) value(RuleSetting.ROUNDING)).contains(kind);
    }

    /// What may be rounded away on one day.
    public Msat roundingBound() {
        return (Msat) value(RuleSetting.ROUNDING_BOUND);
    }

    /// Where the severity begins; empty: as the code has it.
    @SuppressWarnings("unchecked") // The setting's parser makes nothing else.
    public Optional<Severity> severity() {
        return (Optional<Severity>) value(RuleSetting.SEVERITY);
    }

    /// Amounts that each raise the severity by one, growing.
    @SuppressWarnings("unchecked") // The setting's parser makes nothing else.
    public List<Msat> valueBands() {
        return (List<Msat>) value(RuleSetting.VALUE_BANDS);
    }

    /// Ages that each raise the severity by one, growing.
    @SuppressWarnings("unchecked") // The setting's parser makes nothing else.
    public List<Duration> ageBands() {
        return (List<Duration>) value(RuleSetting.AGE_BANDS);
    }

    /// The bounds of matching.
    public MatchRules matching() {
        return new MatchRules(
                (Duration) value(RuleSetting.MATCH_KEY_WINDOW),
                (Duration) value(RuleSetting.MATCH_AMOUNT_WINDOW),
                (Integer) value(RuleSetting.MATCH_MEMBERS),
                (Integer) value(RuleSetting.MATCH_POOL),
                (Integer) value(RuleSetting.MATCH_ALTERNATIVES),
                (Integer) value(RuleSetting.MATCH_STEPS));
    }

    /// As it stands in a rules file.
    String text(RuleSetting setting) {
        return setting.text(value(setting));
    }

    private Object value(RuleSetting setting) {
        Object value = values.get(setting);
        if (value == null) {
            throw new IllegalStateException(
                    setting + ": no value (expected: at least its default)");
        }
        return value;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RuleSettings that && values.equals(that.values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    @Override
    public String toString() {
        return values.toString();
    }
}
