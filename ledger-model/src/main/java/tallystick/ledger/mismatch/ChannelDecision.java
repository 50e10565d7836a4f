package tallystick.ledger.mismatch;

import static java.util.Comparator.naturalOrder;
import static java.util.stream.Collectors.joining;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;
import tallystick.ledger.Msat;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.Channel.Opener;
import tallystick.ledger.item.Channel.Pending;
import tallystick.ledger.item.Channel.PendingHtlc;
import tallystick.ledger.item.Channel.Resolution;
import tallystick.ledger.item.Channel.Stage;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.Opening;
import tallystick.ledger.mismatch.ChannelParts.Part;
import tallystick.ledger.mismatch.Finding.HalfLine;

/// A channel's opening and its end, against what the books say of them. One use.
final class ChannelDecision {
    /// lnd's word for a channel that somebody told it to forget.
    private static final String ABANDONED = "ABANDONED";

    private final Item item;
    private final Optional<Channel> known;
    private final ChainFacts facts;
    private final RuleSet rules;
    private final Claims claims;
    private final List<ChannelParts> differing = new ArrayList<>();
    private final Rounding rounding = new Rounding();

    ChannelDecision(Item item, Coverage coverage, RuleSet rules, Instant now) {
        this.item = item;
        this.known = item.facts().filter(Channel.class::isInstance).map(Channel.class::cast);
        this.facts = new ChainFacts(item, half(item, known));
        this.rules = rules;
        this.claims = new Claims(facts, coverage, now);
    }

    private static List<HalfLine> half(Item item, Optional<Channel> known) {
        String node = item.key().node().orElseThrow().pubkey();
        List<HalfLine> lines = new ArrayList<>();
        known.ifPresent(
                channel -> {
                    lines.add(
                            new HalfLine(
                                    node,
                                    "channel, " + Halves.text(channel.stage()),
                                    channel.opener() == Opener.LOCAL
                                            ? channel.capacity().value()
                                            : 0,
                                    Optional.of(channel.stageSeenAt())));
                    channel.links()
                            .returns()
                            .forEach(
                                    (txid, one) ->
                                            lines.add(
                                                    new HalfLine(
                                                            node,
                                                            "came home by " + txid,
                                                            msat(one.sat()),
                                                            Optional.of(one.time()))));
                });
        return lines;
    }

    private static long msat(long sat) {
        return Math.multiplyExact(sat, Msat.PER_SAT);
    }

    Verdict verdict() {
        if (known.isPresent()) {
            decide(known.get());
        } else if (!facts.books().net().isEmpty()) {
            notOnNode();
        }
        if (facts.books().hasWaitingReversal()) {
            claims.await();
        }
        new EntryNumberRule(item, Optional.of(facts.node()), claims).decide();
        return Verdicts.of(
                item,
                facts.books(),
                Optional.of(facts.node()),
                claims,
                rounding,
                known.isEmpty(),
                Contributions.withRounding(List.of(), rounding, facts, facts.node(), rules));
    }

    private void decide(Channel channel) {
        if (channel.stage() == Stage.OPEN_FAILED) {
            openFailed(channel);
            return;
        }
        opening(channel);
        if (channel.isEnded()) {
            end(channel);
        } else {
            notEnded();
        }
        differs();
    }

    // --- the opening

    /// Of a channel that was opened and closed while nobody looked, the capacity is known and the push is not: then what is
    /// booked of it is taken as right, and waits, as nobody can say more.
    private void opening(Channel channel) {
        Instant seen = channel.openSeenAt().orElse(channel.stageSeenAt());
        ChannelParts parts = new ChannelParts(facts.books(), seen);
        EntryKind push = pushKind(channel);
        parts.expect(
                "capacity",
                channel.opener() == Opener.LOCAL ? channel.capacity().value() : 0,
                EntryKind.CHANNEL_OPEN);
        if (channel.isPushKnown()) {
            parts.expect("push", channel.push().value(), push);
        } else if (!facts.books().net(push).isEmpty()) {
            claims.await();
        }
        parts.others(push);
        boolean wasOpen =
                channel.openSeenAt().isPresent()
                        || (channel.isEnded()
                                && channel.opener() != Opener.UNKNOWN
                                && !channel.close().type().equals(ABANDONED));
        if (!wasOpen) {
            if (parts.differ()) {
                claims.await(); // It is not open yet.
            }
            return;
        }
        compare(parts, Code.OPEN_UNBOOKED, "The channel was opened; the books lack %s.");
    }

    private void openFailed(Channel channel) {
        List<BookEntry> booked = facts.books().net();
        if (booked.isEmpty()) {
            return;
        }
        long amount = Entries.sumMsat(booked).orElse(0);
        Instant due = Entries.bothKnown(channel.stageSeenAt(), booked);
        claims.add(
                claim(Code.OPEN_FAILED, amount, due)
                        .saying(
                                "The opening was given up; the books hold %s of it."
                                        .formatted(Sats.text(amount)))
                        .booksSay(amount));
    }

    // --- the end

    private void end(Channel channel) {
        channel.close().breachSeenAt().ifPresent(seen -> breach(channel, seen));
        channel.close().resolutions().values().forEach(one -> anchor(channel, one));
        if (channel.stage() == Stage.FORCE_CLOSING) {
            stillOut(channel.close().pending());
        }
        Optional<Channel.Claim> claim = channel.links().claim();
        Instant resolvedAt = channel.resolvedAt();
        boolean isClaimWhole =
                claim.flatMap(Channel.Claim::wholeAt).filter(resolvedAt::equals).isPresent();
        if (!channel.isResolved() || !isClaimWhole) {
            claims.await();
            return;
        }
        long held = claim.orElseThrow().msat();
        long back = msat(channel.links().returnedSat());
        long cost =
                Math.subtractExact(
                        channel.costMsat().orElseThrow(),
                        Math.addExact(Opening.openMsat(item, channel), untoldPush(channel)));
        if (cost < 0 || isReturnMissing(channel)) {
            feeUnknown(resolvedAt, held, back);
            return;
        }
        ChannelParts parts = new ChannelParts(facts.books(), resolvedAt);
        parts.expect("return", Math.max(back, 0), EntryKind.CHANNEL_CLOSE);
        parts.expect("cost", cost, EntryKind.CHAIN_FEE);
        compare(parts, Code.CLOSE_UNBOOKED, "The channel is closed and swept; the books lack %s.");
    }

    /// What is booked as pushed by us, less what is booked as pushed by the peer, where the node never told.
    private long untoldPush(Channel channel) {
        return channel.isPushKnown()
                ? 0
                : -Entries.incomeMsat(facts.books().net(pushKind(channel)));
    }

    private static EntryKind pushKind(Channel channel) {
        return channel.opener() == Opener.LOCAL ? EntryKind.PAYMENT : EntryKind.RECEIPT;
    }

    private void breach(Channel channel, Instant seen) {
        channel.links()
                .claim()
                .ifPresentOrElse(
                        claim ->
                                claims.add(
                                        claim(Code.BREACH, Math.abs(claim.msat()), seen)
                                                .saying(
                                                        "A revoked state of the channel was broadcast; %s were in it."
                                                                .formatted(
                                                                        Sats.text(claim.msat())))),
                        claims::await);
    }

    private void anchor(Channel channel, Resolution resolution) {
        boolean isLost =
                resolution.type().equals("ANCHOR")
                        && (resolution.outcome().equals("UNCLAIMED")
                                || resolution.outcome().equals("ABANDONED"));
        if (isLost) {
            long amount = msat(resolution.amountSat());
            claims.add(
                    claim(Code.ANCHOR_LOST, amount, channel.stageSeenAt())
                            .saying(
                                    "The anchor of the close, %s, was %s."
                                            .formatted(
                                                    Sats.text(amount),
                                                    resolution.outcome().equals("UNCLAIMED")
                                                            ? "not claimed"
                                                            : "abandoned")));
        }
    }

    /// What could have been taken for some blocks, and was not.
    private void stillOut(Pending pending) {
        int blocks = facts.settings(rules, Code.LIMBO_PAST_MATURITY).maturityBlocks();
        long inHtlcs = pending.htlcs().values().stream().mapToLong(PendingHtlc::amountSat).sum();
        long own = Math.subtractExact(pending.limboSat(), inHtlcs);
        if (pending.maturityHeight() > 0 && own > 0) {
            ripe(
                    Code.LIMBO_PAST_MATURITY,
                    own,
                    pending.maturityHeight(),
                    blocks,
                    "%s of the close could be swept from block %d on, and are not.");
        }
        for (Map.Entry<String, PendingHtlc> one : pending.htlcs().entrySet()) {
            PendingHtlc htlc = one.getValue();
            if (htlc.maturityHeight() > 0) {
                ripe(
                        htlc.stage() == 1 ? Code.HTLC_ONCHAIN_UNRESOLVED : Code.LIMBO_PAST_MATURITY,
                        htlc.amountSat(),
                        htlc.maturityHeight(),
                        blocks,
                        htlc.stage() == 1
                                ? "An HTLC of %s expired with block %d; nobody has taken it."
                                : "%s of an HTLC could be swept from block %d on, and are not.");
            }
        }
    }

    private void ripe(Code code, long sat, int height, int blocks, String sentence) {
        claims.firstSeen(facts.node(), Math.addExact(height, blocks))
                .ifPresent(
                        due ->
                                claims.add(
                                        claim(code, msat(sat), due)
                                                .onceReadPast(due)
                                                .saying(
                                                        sentence.formatted(
                                                                Sats.text(msat(sat)), height))));
    }

    /// True when the node names a transaction that brought something home, and the wallet does not show it.
    private static boolean isReturnMissing(Channel channel) {
        return channel.close().resolutions().values().stream()
                .filter(ChannelDecision::isBroughtHome)
                .anyMatch(one -> !channel.links().returns().containsKey(one.sweepTxid()));
    }

    /// An outgoing HTLC that was claimed was claimed by the peer.
    private static boolean isBroughtHome(Resolution resolution) {
        boolean isOurs =
                resolution.type().equals("OUTGOING_HTLC")
                        ? resolution.outcome().equals("TIMEOUT")
                        : resolution.outcome().equals("CLAIMED");
        return isOurs && !resolution.sweepTxid().isEmpty();
    }

    private void feeUnknown(Instant resolvedAt, long held, long back) {
        Instant due = resolvedAt.plus(facts.settings(rules, Code.CLOSE_FEE_UNKNOWN).graceBooks());
        claims.add(
                claim(Code.CLOSE_FEE_UNKNOWN, Math.abs(Math.subtractExact(held, back)), due)
                        .onceReadPast(due)
                        .saying(
                                "The channel held %s and its close brought %s home; a transaction of the close is missing."
                                        .formatted(Sats.text(held), Sats.text(back)))
                        .nodeSays(held));
    }

    // --- what the books say without the node

    /// The books call a channel closed that is not.
    private void notEnded() {
        List<BookEntry> booked = facts.books().net(EntryKind.CHANNEL_CLOSE, EntryKind.CHAIN_FEE);
        if (booked.isEmpty()) {
            return;
        }
        long amount = Entries.sumMsat(booked).orElse(0);
        Instant booking = Entries.lastBooked(booked);
        claims.add(
                claim(
                                Code.STATUS_CONFLICT,
                                amount,
                                booking.plus(
                                        facts.settings(rules, Code.STATUS_CONFLICT).graceNode()))
                        .onceReadPast(booking)
                        .saying(
                                "The books hold %s of a close; %s has the channel open."
                                        .formatted(Sats.text(amount), Sats.text(facts.node())))
                        .booksSay(amount));
    }

    private void notOnNode() {
        List<BookEntry> booked = facts.books().net();
        long amount = Entries.sumMsat(booked).orElse(0);
        Instant booking = Entries.lastBooked(booked);
        claims.add(
                claim(
                                Code.BOOKED_NOT_ON_NODE,
                                amount,
                                booking.plus(
                                        facts.settings(rules, Code.BOOKED_NOT_ON_NODE).graceNode()))
                        .onceReadPast(booking)
                        .saying(
                                "%s a channel that %s does not have; it is read past that time."
                                        .formatted(
                                                Entries.subject(booked, amount, "names"),
                                                Sats.text(facts.node())))
                        .booksSay(amount));
    }

    // --- both

    private Claim claim(Code code, long amount, Instant due) {
        return Claim.of(code, facts.node(), amount, due);
    }

    /// What is not booked at all is told apart from what is booked otherwise, and that once for opening and end together.
    private void compare(ChannelParts parts, Code code, String lacks) {
        if (parts.missingMsat() > 0) {
            Claim claim =
                    claim(
                                    code,
                                    parts.missingMsat(),
                                    parts.event().plus(facts.settings(rules, code).graceBooks()))
                            .saying(
                                    lacks.formatted(
                                            "the " + String.join(" and the ", parts.missing())))
                            .nodeSays(parts.expectedMsat())
                            .booksSay(parts.bookedMsat());
            claims.add(code == Code.CLOSE_UNBOOKED ? claim.onceReadPast(parts.event()) : claim);
        }
        if (parts.isOtherwise()) {
            differing.add(parts);
        }
    }

    private boolean isRounding(Part part) {
        return facts.settings(rules, Code.AMOUNT_DIFFERS)
                .isRounding(part.entries().getFirst().kind());
    }

    /// Before all of the chain is read, a transaction may be missing that explains it.
    private void differs() {
        long adjusted = differing.stream().mapToLong(ChannelParts::adjustedMsat).sum();
        if (isMadeUpFor(adjusted)) {
            return;
        }
        differing.forEach(one -> one.round(rounding, this::isRounding));
        differing.removeIf(one -> !one.isOtherwise());
        if (differing.isEmpty() || isMadeUpFor(adjusted)) {
            return;
        }
        Instant since =
                differing.stream().map(ChannelParts::event).max(naturalOrder()).orElseThrow();
        List<Part> parts = differingParts();
        // An adjustment is of no part: then all of them are told.
        long expected =
                adjusted == 0
                        ? sum(parts, Part::expected)
                        : sum(differing, ChannelParts::expectedMsat);
        long booked =
                adjusted == 0 ? sum(parts, Part::booked) : sum(differing, ChannelParts::bookedMsat);
        long difference = difference(parts, adjusted);
        Code code = adjusted == 0 ? code(parts) : Code.AMOUNT_DIFFERS;
        claims.add(
                claim(code, difference, Entries.bothKnown(since, facts.books().net()))
                        .onceReadPast(since)
                        .saying(
                                code == Code.AMOUNT_DIFFERS
                                        ? differsSentence(parts, expected, booked)
                                        : sentence(code, parts))
                        .nodeSays(expected)
                        .booksSay(booked));
    }

    private static <T> long sum(List<T> some, ToLongFunction<T> msat) {
        return some.stream().mapToLong(msat).reduce(0, Math::addExact);
    }

    private List<Part> differingParts() {
        return differing.stream().flatMap(one -> one.differing().stream()).toList();
    }

    private boolean isMadeUpFor(long adjusted) {
        return adjusted != 0 && difference(differingParts(), adjusted) == 0;
    }

    /// An adjustment makes up for parts that move money; what moves between the business's own accounts it leaves as it is.
    private static long difference(List<Part> parts, long adjusted) {
        if (adjusted != 0 && parts.stream().allMatch(part -> part.sign() != 0)) {
            return Math.abs(Math.subtractExact(sum(parts, Part::residue), adjusted));
        }
        return Math.addExact(Math.abs(adjusted), sum(parts, Part::difference));
    }

    /// The narrower code, where it explains every part that differs.
    private static Code code(List<Part> parts) {
        if (parts.stream().allMatch(one -> Amounts.isUnitError(one.booked(), one.expected()))) {
            return Code.UNIT_ERROR;
        }
        return parts.stream().allMatch(one -> one.surplus() > 0)
                ? Code.DUPLICATE_POSTING
                : Code.AMOUNT_DIFFERS;
    }

    /// Names the parts, as sums would not tell what is wrong.
    private String differsSentence(List<Part> parts, long expected, long booked) {
        if (parts.isEmpty()) {
            return Amounts.differsSentence(facts.node(), expected, booked);
        }
        String all = parts.stream().map(ChannelDecision::text).collect(joining("; "));
        return expected == booked
                ? "The sums agree, the parts do not: %s.".formatted(all)
                : "Of the channel of %s %s.".formatted(Sats.text(facts.node()), all);
    }

    private static String text(Part part) {
        return part.expected() == 0
                ? "%s of %s is booked, though there is none"
                        .formatted(part.name(), Sats.text(part.booked()))
                : "the %s of %s is booked as %s"
                        .formatted(
                                part.name(), Sats.text(part.expected()), Sats.text(part.booked()));
    }

    private String sentence(Code code, List<Part> parts) {
        return parts.stream()
                .map(
                        one ->
                                code == Code.UNIT_ERROR
                                        ? Amounts.unitSentence(
                                                facts.node(), one.booked(), one.expected())
                                        : Amounts.duplicateSentence(
                                                facts.node(),
                                                one.entries(),
                                                one.expected(),
                                                one.booked(),
                                                one.surplus()))
                .collect(joining(" "));
    }
}
