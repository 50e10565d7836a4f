package tallystick.ledger.mismatch;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.proof.Identities;

/// What the ledger reports of itself: identities that fail. They hold at every ledger sequence, so one that fails says that rows were
/// changed, lost or doubled. With them comes what it owes its readers: that its batches hang together, and each day its report.
public final class IdentityRules {
    /// The group that checks the ledger.
    public static final String GROUP = "identity/ledger";

    /// Begins the references of what it finds.
    public static final String PREFIX = "ledger:";

    private static final String CLEARING = PREFIX + "clearing";
    private static final String ACCOUNTS = PREFIX + "accounts";
    private static final String STATEMENT = PREFIX + "statement";
    private static final String CHAIN = PREFIX + "chain";
    private static final String REPORTS = PREFIX + "reports";

    private IdentityRules() {}

    /// True for references of what the ledger reports of itself.
    public static boolean isReference(String reference) {
        return List.of(CLEARING, ACCOUNTS, STATEMENT, CHAIN, REPORTS).contains(reference);
    }

    /// @param since when it was first seen to fail, by code and node
    public static List<Finding> findings(
            Identities ledger,
            RuleSet rules,
            Instant now,
            BiFunction<Code, Optional<NodeId>, Instant> since) {
        List<Finding> result = new ArrayList<>();
        BigInteger unexplained = ledger.clearing().subtract(ledger.unexplained());
        BigInteger explained = ledger.items().subtract(ledger.unexplained());
        if (unexplained.signum() != 0 || explained.signum() != 0) {
            result.add(
                    finding(
                            Code.CLEARING_UNEXPLAINED,
                            Optional.empty(),
                            CLEARING,
                            unexplained.signum() != 0 ? unexplained : explained,
                            "Clearing holds %s; all items leave %s there, and those that are not explained %s."
                                    .formatted(
                                            text(ledger.clearing()),
                                            text(ledger.items()),
                                            text(ledger.unexplained())),
                            since));
        }
        if (ledger.trialBalance().signum() != 0) {
            result.add(
                    finding(
                            Code.TRIAL_BALANCE_OFF,
                            Optional.empty(),
                            ACCOUNTS,
                            ledger.trialBalance(),
                            "Over all accounts debits less credits are %s, and must be 0."
                                    .formatted(text(ledger.trialBalance())),
                            since));
        }
        for (Identities.Statement one : ledger.off()) {
            result.add(
                    finding(
                            Code.STATEMENT_DOES_NOT_FOOT,
                            one.node(),
                            STATEMENT,
                            one.missing(),
                            "%s holds %s, and %s was posted to it."
                                    .formatted(one.account(), text(one.held()), text(one.posted())),
                            since));
        }
        ledger.broken()
                .ifPresent(
                        batch ->
                                result.add(
                                        finding(
                                                Code.LOG_BROKEN,
                                                Optional.empty(),
                                                CHAIN,
                                                BigInteger.ZERO,
                                                "Batch %d does not follow from the one before it, or is not the one that the ledger's head names."
                                                        .formatted(batch),
                                                since)));
        ledger.awaited().flatMap(one -> late(one, rules, now)).ifPresent(result::add);
        return result;
    }

    private static Optional<Finding> late(Identities.Report report, RuleSet rules, Instant now) {
        Duration patience = rules.of(Code.REPORT_LATE).reportLateAfter();
        Instant deadline = report.dueAt().plus(patience);
        return patience.isZero() || now.isBefore(deadline)
                ? Optional.empty()
                : Optional.of(
                        Finding.withoutHalves(
                                Code.REPORT_LATE,
                                Optional.empty(),
                                REPORTS,
                                Msat.ZERO,
                                deadline,
                                "The report of %s was due %s and is not issued."
                                        .formatted(report.day(), report.dueAt())));
    }

    private static Finding finding(
            Code code,
            Optional<NodeId> node,
            String reference,
            BigInteger residual,
            String sentence,
            BiFunction<Code, Optional<NodeId>, Instant> since) {
        return Finding.withoutHalves(
                code,
                node,
                reference,
                Msat.ofAtMost(residual.abs()),
                since.apply(code, node),
                sentence);
    }

    /// What was changed from outside can be anything.
    private static String text(BigInteger msat) {
        boolean fits = msat.bitLength() < Long.SIZE;
        return fits ? Sats.text(msat.longValueExact()) : msat + " msat";
    }
}
