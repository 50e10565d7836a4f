package tallystick.report;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import tallystick.db.report.LedgerReading;
import tallystick.db.report.LedgerReading.ChannelProof;
import tallystick.db.report.LedgerReading.Counts;
import tallystick.db.report.LedgerReading.Half;
import tallystick.db.report.LedgerReading.Mismatch;
import tallystick.db.report.LedgerReading.NodeProof;
import tallystick.db.report.LedgerReading.NodeReading;
import tallystick.db.report.LedgerReading.NotDecided;
import tallystick.db.report.LedgerReading.Pair;
import tallystick.ledger.mismatch.Verdict.State;
import tallystick.ledger.proof.Total;

/// Readings built by hand. The same arguments give the same reading.
final class Readings {
    static final Instant AS_OF = Instant.parse("2026-11-23T00:10:00Z");
    static final LocalDate DAY = LocalDate.of(2026, 11, 22);
    static final String ALICE =
            "03b3c39803126c820a740d4a2b06ab0bef174764c1a5d1882cb2002672d41088ca";
    static final String BOB = "02e8ac4321f156a8d1012473a85cdbf7c845b8826d4debbb996a29b0bb4d2fd8e1";

    /// What people and other programs may write into fields that we only pass on.
    private static final List<String> HOSTILE =
            List.of(
                    "<script>alert(\"1\")</script>",
                    "]]>&amp;<!-- ' \" -->",
                    "=HYPERLINK(\"http://127.0.0.1\")",
                    "₿ 0.001, \u05d4\u05d6\u05de\u05e0\u05d4 12",
                    "\u202eevil\u0007\u001b[31m",
                    "two\nlines\tand a tab",
                    "漢字漢字漢字漢字漢字漢字",
                    "a-very-long-order-number-that-no-column-holds-0123456789-0123456789-0123456789");

    private record Kind(String code, String label, String severity, String advice) {}

    private static final List<Kind> KINDS =
            List.of(
                    new Kind(
                            "UNIT_ERROR",
                            "Wrong unit in the books",
                            "CRITICAL",
                            "Reverse, book the node's amount, correct the import."),
                    new Kind(
                            "STATUS_CONFLICT",
                            "Done in the books only",
                            "CRITICAL",
                            "Reverse, or show the settlement elsewhere."),
                    new Kind("SETTLED_NOT_BOOKED", "Settled, not booked", "HIGH", "Book it."),
                    new Kind(
                            "BOOKED_NOT_ON_NODE",
                            "Booked, unknown to the nodes",
                            "HIGH",
                            "Check the reference; else reverse the entry."),
                    new Kind("DUPLICATE_POSTING", "Booked twice", "HIGH", "Reverse the surplus."),
                    new Kind(
                            "FEE_DIFFERS",
                            "Routing fee differs",
                            "MEDIUM",
                            "Correct the fee entry."),
                    new Kind(
                            "ORPHAN_KEYSEND",
                            "Spontaneous receipt, no order",
                            "LOW",
                            "Find the order, or book to suspense."));

    private Readings() {}

    /// Two nodes that are read and proven, 205 pairs that agree, and so many mismatches with ordinary texts.
    static LedgerReading with(int mismatches) {
        return reading(mismatches, false, AS_OF, "merchant");
    }

    /// The same with texts that try to break out of every format, and the longest amounts.
    static LedgerReading hostile(int mismatches) {
        return reading(mismatches, true, AS_OF, "<b>\u202e&\u0000");
    }

    /// Booked, and unknown to the nodes.
    static Mismatch mismatch(String reference, long bookedMsat) {
        return new Mismatch(
                "m-" + reference,
                "BOOKED_NOT_ON_NODE",
                "Booked, unknown to the nodes",
                "HIGH",
                BOB,
                reference,
                bookedMsat,
                -bookedMsat,
                AS_OF,
                "Booked, and no node knows it.",
                "Ask.",
                "",
                "",
                OptionalLong.empty(),
                OptionalLong.of(bookedMsat),
                List.of(),
                List.of());
    }

    /// Nothing at all: no node, no entry.
    static LedgerReading empty() {
        return new LedgerReading(
                "merchant",
                AS_OF,
                0,
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                BigInteger.ZERO,
                BigInteger.ZERO,
                BigInteger.ZERO,
                new Counts(0, 0, 0, 0),
                List.of(DAY));
    }

    /// Bob is not read to the end, a channel of his drifts, clearing is not explained, debits are not credits.
    static LedgerReading broken() {
        LedgerReading whole = with(1);
        return new LedgerReading(
                whole.ledger(),
                whole.asOf(),
                whole.sequence(),
                List.of(
                        new NodeReading(
                                BOB,
                                "",
                                7,
                                5,
                                85,
                                4,
                                Optional.of(Instant.parse("2026-11-22T21:40:00Z"))),
                        whole.nodes().getLast()),
                whole.mismatches(),
                whole.information(),
                whole.pairs(),
                whole.notDecidedYet(),
                List.of(
                        new NodeProof(
                                BOB,
                                "",
                                List.of(
                                        new ChannelProof(
                                                hash(new SplittableRandom(9)) + ":1",
                                                5_000_000,
                                                4_000_000,
                                                4_000_999,
                                                999_001)),
                                List.of(hash(new SplittableRandom(10)) + ":0"),
                                Optional.empty(),
                                Optional.of(new Total(9_616_823_000L, 9_616_824_000L, 1_000, ""))),
                        whole.proofs().getLast()),
                whole.clearingMsat(),
                whole.clearingMsat().add(BigInteger.valueOf(5)),
                BigInteger.valueOf(-1_234_567),
                whole.counts(),
                whole.businessDays());
    }

    private static LedgerReading reading(int count, boolean hostile, Instant asOf, String ledger) {
        SplittableRandom random = new SplittableRandom(2026);
        List<Mismatch> mismatches = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            mismatches.add(mismatch(i, random, hostile));
        }
        mismatches.sort(
                Comparator.comparing(Mismatch::code)
                        .thenComparing(Mismatch::reference)
                        .thenComparing(Mismatch::node));
        BigInteger clearing =
                mismatches.stream()
                        .map(mismatch -> BigInteger.valueOf(mismatch.residueMsat()))
                        .reduce(BigInteger.ZERO, BigInteger::add);
        return new LedgerReading(
                ledger,
                asOf,
                318,
                nodes(hostile),
                mismatches,
                List.of(information(random)),
                pairs(random, mismatches),
                List.of(
                        new NotDecided("forward", 87, BigInteger.valueOf(1_234_567)),
                        new NotDecided("channel", 7, BigInteger.ZERO),
                        new NotDecided("chain", 20, BigInteger.valueOf(-668_140_000))),
                proofs(random),
                clearing,
                clearing,
                BigInteger.ZERO,
                new Counts(40, 900, 700, 400),
                List.of(DAY));
    }

    private static List<NodeReading> nodes(boolean hostile) {
        String bob = hostile ? "<img src=x onerror=\"x\"> ₿ \u05d1\u05d5\u05d1" : "bob";
        return List.of(
                new NodeReading(BOB, bob, 7, 5, 85, 4, Optional.of(AS_OF)),
                new NodeReading(ALICE, "alice", 75, 47, 2, 3, Optional.of(AS_OF)));
    }

    private static Mismatch mismatch(int i, SplittableRandom random, boolean hostile) {
        Kind kind = KINDS.get(i % KINDS.size());
        String node = random.nextInt(3) == 0 ? BOB : ALICE;
        String order = hostile ? HOSTILE.get(i % HOSTILE.size()) : "ord-%05d".formatted(i);
        long largest = hostile ? 2_100_000_000_000_000_000L / 4_000 : 100_000_000;
        long amount = i % 13 == 12 ? random.nextLong(1, 1_000) : random.nextLong(1, largest);
        boolean incoming = random.nextBoolean();
        boolean booked = !kind.code().equals("SETTLED_NOT_BOOKED");
        boolean onNode = !kind.code().equals("BOOKED_NOT_ON_NODE");
        long signed = incoming ? amount : -amount;
        Instant since =
                AS_OF.minus(Duration.ofMinutes(random.nextLong(1, 20_000))).plusMillis(i % 3 * 7L);
        String entry = "e%05d".formatted(i);
        return new Mismatch(
                "m-" + i,
                kind.code(),
                kind.label(),
                kind.severity(),
                node,
                reference(i, random),
                amount,
                booked ? -signed : signed,
                since,
                hostile
                        ? "Order " + order + " is not what it seems."
                        : "The node received another amount than entry " + entry + " says.",
                kind.advice(),
                i % 5 == 4 ? "" : order,
                hostile ? "income:<sales>&\"more\"" : "income:sales",
                onNode ? OptionalLong.of(signed) : OptionalLong.empty(),
                booked ? OptionalLong.of(2 * signed) : OptionalLong.empty(),
                onNode
                        ? List.of(
                                new Half(
                                        node,
                                        incoming ? "receipt, settled" : "payment, succeeded",
                                        signed,
                                        Optional.of(since)))
                        : List.of(),
                booked
                        ? List.of(
                                new Half(
                                        node,
                                        "entry (%s)".formatted(hostile ? order : entry),
                                        2 * signed,
                                        Optional.of(since.plusSeconds(6))))
                        : List.of());
    }

    private static Mismatch information(SplittableRandom random) {
        return new Mismatch(
                "m-info",
                "EXPECTED_NOT_ARRIVED",
                "Expired unpaid",
                "INFORMATION",
                ALICE,
                "payment_hash:" + hash(random),
                77_950_000,
                0,
                Instant.parse("2026-11-22T23:00:05Z"),
                "The invoice over 77,950 sat expired at 2026-11-22 23:00:05Z unpaid.",
                "For information.",
                "ord-00099",
                "",
                OptionalLong.empty(),
                OptionalLong.empty(),
                List.of(),
                List.of());
    }

    private static List<Pair> pairs(SplittableRandom random, List<Mismatch> mismatches) {
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < 205; i++) {
            pairs.add(pair(i, random, State.AGREED));
        }
        pairs.add(
                new Pair(
                        ALICE,
                        "payment_hash:" + hash(random),
                        State.AGREED_BY_RULE,
                        4_725_000,
                        Optional.empty()));
        pairs.add(
                new Pair(
                        BOB,
                        "payment_hash:" + hash(random),
                        State.WAITING,
                        1_000,
                        Optional.of(AS_OF.plusSeconds(60))));
        pairs.add(pair(0, random, State.NOT_DECIDED_YET));
        for (Mismatch mismatch : mismatches) {
            if (mismatch.booksMsat().isPresent()) {
                pairs.add(
                        new Pair(
                                mismatch.node(),
                                mismatch.reference(),
                                State.OPEN,
                                Math.abs(mismatch.booksMsat().getAsLong()),
                                Optional.empty()));
            }
        }
        pairs.sort(Comparator.comparing(Pair::node).thenComparing(Pair::reference));
        return pairs;
    }

    private static Pair pair(int i, SplittableRandom random, State state) {
        return new Pair(
                i % 3 == 0 ? BOB : ALICE,
                "payment_hash:" + hash(random),
                state,
                random.nextLong(1, 900_000_000),
                Optional.empty());
    }

    private static List<NodeProof> proofs(SplittableRandom random) {
        return List.of(
                new NodeProof(
                        BOB,
                        "bob",
                        List.of(
                                new ChannelProof(
                                        hash(random) + ":0",
                                        14_692_352_166L,
                                        14_692_352_000L,
                                        14_692_352_999L,
                                        0)),
                        Optional.of(new Total(14_692_352_166L, 14_692_352_166L, 0, "")),
                        Optional.of(new Total(9_616_823_000L, 9_616_823_000L, 0, ""))),
                new NodeProof(
                        ALICE,
                        "alice",
                        List.of(
                                new ChannelProof(
                                        hash(random) + ":1",
                                        10_378_902_772L,
                                        10_378_902_000L,
                                        10_378_902_999L,
                                        0)),
                        Optional.of(new Total(10_378_902_772L, 10_378_902_772L, 0, "")),
                        Optional.of(new Total(15_533_868_000L, 15_533_868_000L, 0, ""))));
    }

    private static String reference(int i, SplittableRandom random) {
        return switch (i % 11) {
            case 9 -> "channel:" + hash(random) + ":" + i;
            case 10 -> "tx:" + hash(random);
            default -> "payment_hash:" + hash(random);
        };
    }

    private static String hash(SplittableRandom random) {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return "%064x".formatted(new BigInteger(1, bytes));
    }
}
