package tallystick.report.figures;

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

    public String sign() {
        return sign;
    }

    public String label() {
        return label;
    }
}
