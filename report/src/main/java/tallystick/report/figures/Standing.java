package tallystick.report.figures;

import tallystick.ledger.mismatch.Verdict;

/// How a reference stands, in the order in which every format lists them. The sign never stands without the words.
public enum Standing {
    AGREED("=", "Agreed exactly"),
    AGREED_BY_RULE("≈", "Agreed by rule"),
    AGREED_BY_PERSON("✓", "Agreed by a person"),
    WAITING("…", "Waiting, not yet due"),
    OPEN("≠", "Open"),
    IGNORED("–", "Ignored until a time"),
    BEFORE_OPENING("‹", "Before the ledger's opening"),
    NOT_DECIDED_YET("·", "Not decided yet");

    private final String sign;
    private final String label;

    Standing(String sign, String label) {
        this.sign = sign;
        this.label = label;
    }

    public static Standing of(Verdict.State state) {
        return switch (state) {
            // Nothing to agree on is agreement: the entries take each other back.
            case IDLE, AGREED -> AGREED;
            case AGREED_BY_RULE -> AGREED_BY_RULE;
            case RESOLVED -> AGREED_BY_PERSON;
            case WAITING -> WAITING;
            case OPEN -> OPEN;
            case IGNORED -> IGNORED;
            case BEFORE_OPENING -> BEFORE_OPENING;
            case NOT_DECIDED_YET -> NOT_DECIDED_YET;
        };
    }

    public String sign() {
        return sign;
    }

    public String label() {
        return label;
    }

    /// Exactly or by a named rule: by evidence alone.
    public boolean isMatched() {
        return this == AGREED || this == AGREED_BY_RULE;
    }

    /// True of what is no line where nothing has it.
    public boolean isRare() {
        return this == BEFORE_OPENING || this == NOT_DECIDED_YET;
    }
}
