package tallystick.serve.web.page;

import tallystick.proto.v1.Role;

/// What the head of every page leads to, in this order. Whoever lacks the role does not see it.
public enum Tab {
    OVERVIEW("Overview", "/", Role.ROLE_VIEWER),
    MISMATCHES("Mismatches", "/mismatches", Role.ROLE_VIEWER),
    REPORTS("Reports", "/reports", Role.ROLE_VIEWER),
    NODES("Nodes", "/nodes", Role.ROLE_OPERATOR),
    ACCOUNTS("Accounts", "/accounts", Role.ROLE_AUDITOR),
    ITEMS("Items", "/items", Role.ROLE_AUDITOR),
    DECISIONS("Decisions", "/decisions", Role.ROLE_VIEWER);

    private final String label;
    private final String path;
    private final Role role;

    Tab(String label, String path, Role role) {
        this.label = label;
        this.path = path;
        this.role = role;
    }

    public String label() {
        return label;
    }

    public String path() {
        return path;
    }

    Role role() {
        return role;
    }
}
