package tallystick.ingest.check;

import java.util.List;
import java.util.Optional;
import tallystick.ingest.ErrorCode;

/// How things stand with one node, in the order in which people should read it.
public record NodeReport(String alias, String address, List<Finding> findings) {
    public NodeReport {
        findings = List.copyOf(findings);
    }

    /// What was looked at.
    public enum Subject {
        FILES,
        ADDRESS,
        TLS,
        WALLET,
        NODE,
        VERSION,
        NETWORK,
        SYNC,
        MACAROON,
        CALLS
    }

    /// What it means for following the node.
    public enum Level {
        OK,
        /// It can be followed; somebody should look at this.
        WARNING,
        /// It cannot be followed until somebody changes something.
        REFUSED,
        /// It cannot be followed now.
        UNAVAILABLE
    }

    /// @param value for programs: the key, version, network and so on; empty when there is none
    /// @param text for people
    public record Finding(Subject subject, Level level, String value, String text) {}

    /// Empty when the node can be followed; otherwise whose move it is.
    public Optional<ErrorCode> trouble() {
        if (has(Level.REFUSED)) {
            return Optional.of(ErrorCode.USER);
        }
        return has(Level.UNAVAILABLE) ? Optional.of(ErrorCode.EXTERNAL) : Optional.empty();
    }

    public long warnings() {
        return findings.stream().filter(finding -> finding.level() == Level.WARNING).count();
    }

    /// Whether another macaroon would help.
    public boolean wantsAnotherMacaroon() {
        return findings.stream()
                .filter(
                        finding ->
                                finding.subject() == Subject.MACAROON
                                        || finding.subject() == Subject.CALLS)
                .anyMatch(
                        finding ->
                                finding.level() == Level.WARNING
                                        || finding.level() == Level.REFUSED);
    }

    private boolean has(Level level) {
        return findings.stream().anyMatch(finding -> finding.level() == level);
    }
}
