package tallystick.report.day;

import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import tallystick.db.report.DayReading.Sum;

/// The report of one business day. Unit of amounts: msat. Immutable.
///
/// @param facts from evidence, day and rules; the same whatever the order in which evidence came
/// @param history what became known, opened, ended and was decided since the report before
/// @param seal which ledger, at which sequence, by whom and when
/// @param signOff what people said of it since; no part of what is sealed
/// @param isIssued false where only facts are told: then history has no more than the coverage, and seal the facts' digest
public record DayReport(
        Facts facts, History history, Seal seal, SignOff signOff, boolean isIssued) {
    /// Of the JSON. Grows with whatever would make other bytes of a report that was issued, a further key or another word included;
    /// what makes the earlier one stays then.
    public static final int SCHEMA = 1;

    /// What does not depend on how the facts became known.
    static DayReport ofFacts(
            Facts facts, List<Covered> coverage, boolean isProvisional, String factsDigest) {
        return new DayReport(
                facts,
                new History(
                        0,
                        0,
                        "",
                        Optional.empty(),
                        OptionalInt.empty(),
                        isProvisional,
                        coverage,
                        Sum.NOTHING,
                        Sum.NOTHING,
                        Sum.NOTHING,
                        Sum.NOTHING,
                        Sum.NOTHING,
                        Sum.NOTHING,
                        Sum.NOTHING,
                        Sum.NOTHING,
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of()),
                new Seal(
                        facts.ledger(),
                        facts.day(),
                        "",
                        Instant.EPOCH,
                        0,
                        factsDigest,
                        "",
                        Optional.empty(),
                        Optional.empty(),
                        1,
                        ""),
                SignOff.NONE,
                false);
    }

    /// @param residues items that leave something on clearing, by state, up to the end of the day
    /// @param open mismatches as they stand at the report's sequence, worst first
    /// @param accounts what was posted to other accounts than nodes' and clearing, by kind, within the day
    /// @param clearingMsat what all residues come to, of any day
    /// @param postedMsat what all other accounts hold against it: the same
    public record Facts(
            String ledger,
            LocalDate day,
            Instant from,
            Instant to,
            String timeZone,
            List<Bridge> bridges,
            List<ByState> references,
            List<ByState> residues,
            List<Mismatch> open,
            List<Mismatch> information,
            List<Flight> underWay,
            List<Channel> channels,
            List<Posted> accounts,
            BigInteger clearingMsat,
            BigInteger postedMsat) {
        public Facts {
            bridges = List.copyOf(bridges);
            references = List.copyOf(references);
            residues = List.copyOf(residues);
            open = List.copyOf(open);
            information = List.copyOf(information);
            underWay = List.copyOf(underWay);
            channels = List.copyOf(channels);
            accounts = List.copyOf(accounts);
        }

        /// What does not add up; 0.
        public BigInteger unexplainedMsat() {
            return clearingMsat.subtract(postedMsat);
        }

        public BigInteger openMsat() {
            return open.stream()
                    .map(one -> BigInteger.valueOf(one.amountMsat()))
                    .reduce(BigInteger.ZERO, BigInteger::add);
        }
    }

    /// How a node's holdings came from the beginning of the day to its end, by the ledger, and what the node says itself.
    public record Bridge(
            String node,
            Places opening,
            List<Movement> movements,
            Places closing,
            Optional<OwnFigures> ownFigures) {
        public Bridge {
            movements = List.copyOf(movements);
        }
    }

    /// Where a node holds money.
    public record Places(BigInteger channelsMsat, BigInteger walletMsat, BigInteger limboMsat) {
        static final Places NOTHING = new Places(BigInteger.ZERO, BigInteger.ZERO, BigInteger.ZERO);

        Places plus(Places other) {
            return new Places(
                    channelsMsat.add(other.channelsMsat),
                    walletMsat.add(other.walletMsat),
                    limboMsat.add(other.limboMsat));
        }

        public BigInteger totalMsat() {
            return channelsMsat.add(walletMsat).add(limboMsat);
        }
    }

    /// What moved, by kind; in is more than 0.
    public record Movement(String kind, long count, Places msat) {}

    /// The newest reading of the node before the end of the day, with what the ledger held then. Of the channels it is empty
    /// when not all of them could be told.
    ///
    /// A closing less what moved since the reading, and of channels less what their commitments hold back, is what the ledger
    /// held then as the node counts it.
    ///
    /// @param channelsSinceMsat what moved after the reading, up to the day's end, and what became known of it later
    /// @param commitmentsMsat fees and anchors of commitment transactions: they are in the ledger's claims, and not in what the
    ///     node calls its balance
    /// @param channelsWithinRounding channels for which the node's whole satoshis allow what the ledger holds
    /// @param channelsBeyondRounding channels for which they do not
    /// @param channelsNotTold channels that moved while the node was read, or are closing
    public record OwnFigures(
            Instant observedAt,
            BigInteger channelsSinceMsat,
            BigInteger walletSinceMsat,
            OptionalLong commitmentsMsat,
            OptionalLong channelsLedgerMsat,
            OptionalLong channelsNodeMsat,
            OptionalLong channelsResidualMsat,
            long walletLedgerMsat,
            long walletNodeMsat,
            long walletResidualMsat,
            String walletExplanation,
            long channelsWithinRounding,
            long channelsBeyondRounding,
            long channelsNotTold) {
        public Proven channels() {
            if (channelsBeyondRounding > 0 || channelsResidualMsat.orElse(0) != 0) {
                return Proven.NOT;
            }
            return channelsResidualMsat.isPresent() ? Proven.EXACTLY : Proven.NOT_KNOWN;
        }

        public Proven wallet() {
            if (walletResidualMsat == 0) {
                return Proven.EXACTLY;
            }
            return walletExplanation.isEmpty() ? Proven.NOT : Proven.EXPLAINED;
        }

        /// The worse of both.
        public Proven proven() {
            return channels().compareTo(wallet()) > 0 ? channels() : wallet();
        }
    }

    /// How the ledger's figure stands to the node's, from good to bad.
    public enum Proven {
        /// Residual 0.
        EXACTLY("=", "exact"),
        /// Off by what is known and no mistake.
        EXPLAINED("≈", "explained"),
        /// Not every channel could be told at that moment.
        NOT_KNOWN("…", "not known"),
        NOT("≠", "off");

        private final String sign;
        private final String word;

        Proven(String sign, String word) {
            this.sign = sign;
            this.word = word;
        }

        /// The sign and the word.
        public String text() {
            return sign + " " + word;
        }

        public String word() {
            return word;
        }
    }

    /// @param within of the day
    /// @param whole up to its end
    public record ByState(String state, Sum within, Sum whole) {}

    /// A mismatch that is open.
    public record Mismatch(
            String id,
            String code,
            String label,
            String severity,
            String node,
            String reference,
            long amountMsat,
            long residueMsat,
            OptionalLong nodeMsat,
            OptionalLong booksMsat,
            Instant since,
            String order,
            String account,
            String explanation,
            String advice) {}

    /// @param finalAfterHeight the height after which failure is final; 0 when it is over by now or not known
    public record Flight(
            String node, String reference, long parts, BigInteger msat, long finalAfterHeight) {}

    /// What a channel earned and cost within the day.
    ///
    /// @param place as accounts name it: `scid:<short channel id>` or `channel:<channel point>`
    public record Channel(
            String node,
            String place,
            Sum income,
            Sum routingFee,
            Sum rebalancingFee,
            Sum openingFee,
            Sum closingCost) {}

    /// @param kind first word of the legs: `book`, `rounding`, `opened`, `adjustment` and the like
    public record Posted(String kind, String account, Sum sum) {}

    /// @param carried open at the report before
    /// @param priorPeriod movements of earlier days that became known since the report before
    /// @param priorReferences references of earlier days that stand otherwise since then, by state
    public record History(
            long sequence,
            long since,
            String head,
            Optional<Instant> knownAt,
            OptionalInt ruleVersion,
            boolean isProvisional,
            List<Covered> coverage,
            Sum carried,
            Sum opened,
            Sum reopened,
            Sum changed,
            Sum closed,
            Sum resolved,
            Sum ignored,
            Sum open,
            List<Decided> decisions,
            List<PriorPeriod> priorPeriod,
            List<PriorReferences> priorReferences,
            List<Proofs> proofs) {
        public History {
            coverage = List.copyOf(coverage);
            decisions = List.copyOf(decisions);
            priorPeriod = List.copyOf(priorPeriod);
            priorReferences = List.copyOf(priorReferences);
            proofs = List.copyOf(proofs);
        }

        /// Carried over and what came and went, less what is open; 0.
        public BigInteger unexplainedMsat() {
            return carried.plus(opened)
                    .plus(reopened)
                    .plus(changed)
                    .msat()
                    .subtract(closed.plus(resolved).plus(ignored).plus(open).msat());
        }
    }

    public record Covered(
            String node, String alias, String stream, Optional<Instant> until, boolean hasGaps) {}

    /// @param untilOrEmpty of what is ignored
    public record Decided(
            String id,
            String kind,
            String person,
            Instant at,
            String reason,
            String mismatchId,
            String node,
            String reference,
            long adjustmentMsat,
            String account,
            String approves,
            Optional<Instant> untilOrEmpty) {}

    public record PriorPeriod(String node, String kind, long count, Places msat) {}

    public record PriorReferences(String state, Sum sum) {}

    /// Proofs since the report before.
    ///
    /// @param footed those that are exact
    /// @param explained those whose wallet was off by what is explained, and nothing else
    /// @param incomplete those in which not every channel could be told, and nothing else was off
    public record Proofs(
            String node, long made, long footed, long driftMsat, long explained, long incomplete) {
        public long off() {
            return made - footed - explained - incomplete;
        }
    }

    /// @param previousDigest of the seal of the last report of an earlier day
    /// @param replaces digest of the seal of the report that this one restates
    /// @param edition 1 for the first report of the day, one more with each that restates it
    /// @param reason why the day was restated, and by whom; empty for the first
    public record Seal(
            String ledger,
            LocalDate day,
            String programVersion,
            Instant issuedAt,
            long cutOffSeconds,
            String factsDigest,
            String historyDigest,
            Optional<String> previousDigest,
            Optional<String> replaces,
            int edition,
            String reason) {}

    /// What people said of the report since it was issued.
    ///
    /// @param signatures of the day's reports, in the order in which they were given
    /// @param editions all reports of the day, the first one first
    public record SignOff(List<Signature> signatures, List<Edition> editions) {
        static final SignOff NONE = new SignOff(List.of(), List.of());

        public SignOff {
            signatures = List.copyOf(signatures);
            editions = List.copyOf(editions);
        }
    }

    /// @param role PREPARED or REVIEWED
    /// @param edition the report of the day that is signed; 0 when it is none that the ledger holds
    /// @param report digest of its seal
    public record Signature(
            String role, String person, Instant at, String comment, int edition, String report) {
        static final String PREPARED = "PREPARED";
        static final String REVIEWED = "REVIEWED";
    }

    /// One of the reports of the day.
    public record Edition(
            int number, Instant issuedAt, long sequence, String sealDigest, String reason) {}

    private List<Signature> signatures(String role) {
        return signOff.signatures().stream()
                .filter(one -> one.edition() == seal.edition() && one.role().equals(role))
                .toList();
    }

    /// Who prepared it, the earliest first: more than one when several signed before they knew of each other.
    public List<Signature> prepared() {
        return signatures(Signature.PREPARED);
    }

    /// Who reviewed what another person had prepared, the earliest first; empty while the day is open.
    public List<Signature> reviewed() {
        return signatures(Signature.REVIEWED);
    }

    /// The report that replaces this one.
    public Optional<Edition> replacedBy() {
        return signOff.editions().stream()
                .filter(one -> one.number() == seal.edition() + 1)
                .findFirst();
    }

    /// What a node is called, else the beginning of its key.
    public String nodeName(String pubkey) {
        return history.coverage().stream()
                .filter(one -> one.node().equals(pubkey) && !one.alias().isEmpty())
                .map(Covered::alias)
                .findFirst()
                .orElse("");
    }

    /// In words, as the head of the page says it.
    public String status() {
        String status =
                history.isProvisional()
                        ? "Provisional: coverage is not complete"
                        : "Final: coverage complete";
        if (!isIssued) {
            return status + ". Facts only, not issued";
        }
        String replaced = replacedBy().isPresent() ? ". Replaced by a restatement of the day" : "";
        return status + ", " + signed() + replaced;
    }

    private String signed() {
        if (!reviewed().isEmpty()) {
            return "signed";
        }
        return prepared().isEmpty() ? "unsigned" : "waiting for review";
    }
}
