package tallystick.ingest.check;

import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tallystick.ingest.NodeConfig;
import tallystick.ingest.check.NodeReport.Finding;
import tallystick.ingest.check.NodeReport.Level;
import tallystick.ingest.check.NodeReport.Subject;
import tallystick.ingest.node.Grant;
import tallystick.proto.lnrpc.GetInfoResponse;

/// Says of what was seen whether it will do, and if not, what to change. Asks nobody.
final class Judge {
    /// Time enough to renew a certificate without haste.
    private static final long EXPIRY_WARNING_DAYS = 30;

    /// The oldest lnd that is supported is 0.18.
    private static final int OLDEST_MINOR = 18;

    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*");

    private static final String RENEWAL =
            "remove tls.cert and tls.key at the node, restart lnd, copy the new tls.cert";

    private final InstantSource clock;

    Judge(InstantSource clock) {
        this.clock = clock;
    }

    /// What is shown to everybody who connects. Whether it is trusted, only a connection tells.
    Finding certificate(NodeConfig node, ShownCertificate shown) {
        String what =
                "%s, for %s, valid until %s"
                        .formatted(
                                shown.subject(),
                                shown.names().isEmpty()
                                        ? "no name"
                                        : String.join(", ", shown.names()),
                                day(shown.notAfter()));
        String same = shown.isExpected() ? "" : "; not itself in " + node.tlsCertificate();
        String advice = certificateAdvice(node, shown);
        return new Finding(
                Subject.TLS,
                advice.isEmpty() ? Level.OK : Level.WARNING,
                shown.notAfter().toString(),
                what + same + advice);
    }

    private String certificateAdvice(NodeConfig node, ShownCertificate shown) {
        long days = ChronoUnit.DAYS.between(clock.instant(), shown.notAfter());
        if (!shown.isFor(node.host())) {
            return ": not for %s (expected: that name too; set tlsextraip or tlsextradomain in lnd.conf, %s)"
                    .formatted(node.host(), RENEWAL);
        }
        if (shown.notAfter().isBefore(clock.instant())) {
            return ": expired (expected: a valid one; %s)".formatted(RENEWAL);
        }
        return days < EXPIRY_WARNING_DAYS
                ? ": ends in %d days (expected: at least %d; %s)"
                        .formatted(days, EXPIRY_WARNING_DAYS, RENEWAL)
                : "";
    }

    /// What the node says of itself.
    static List<Finding> node(NodeConfig node, GetInfoResponse info) {
        String network = info.getChainsCount() == 0 ? "none" : info.getChains(0).getNetwork();
        Finding onNetwork =
                network.equals(node.network())
                        ? ok(Subject.NETWORK, network, network)
                        : new Finding(
                                Subject.NETWORK,
                                Level.REFUSED,
                                network,
                                "%s (expected: %s, as nodes.%s.network says)"
                                        .formatted(network, node.network(), node.alias()));
        return List.of(
                ok(
                        Subject.NODE,
                        info.getIdentityPubkey(),
                        "%s calls itself %s".formatted(info.getIdentityPubkey(), info.getAlias())),
                version(info.getVersion()),
                onNetwork,
                sync(info));
    }

    private static Finding version(String version) {
        Matcher matcher = VERSION.matcher(version);
        boolean isSupported =
                matcher.matches()
                        && (!matcher.group(1).equals("0")
                                || Integer.parseInt(matcher.group(2)) >= OLDEST_MINOR);
        String name = version.split(" ", 2)[0];
        return isSupported
                ? ok(Subject.VERSION, name, "lnd " + name)
                : new Finding(
                        Subject.VERSION,
                        Level.WARNING,
                        name,
                        "lnd %s (expected: 0.%d or newer, others are not tested)"
                                .formatted(name, OLDEST_MINOR));
    }

    private static Finding sync(GetInfoResponse info) {
        String block = "block %,d".formatted(info.getBlockHeight());
        String value = Integer.toString(info.getBlockHeight());
        if (info.getSyncedToChain() && info.getSyncedToGraph()) {
            return ok(Subject.SYNC, value, "with chain and graph, at " + block);
        }
        // The graph is about other people's channels: nothing of it goes into books.
        return info.getSyncedToChain()
                ? ok(
                        Subject.SYNC,
                        value,
                        "with the chain, at %s; not yet with the graph".formatted(block))
                : new Finding(
                        Subject.SYNC,
                        Level.WARNING,
                        value,
                        "not with the chain, at %s (expected: synced; until then it does not see new transactions)"
                                .formatted(block));
    }

    /// What it allows beyond what is needed. Whether the node takes it, only a call tells.
    Finding macaroon(Optional<Macaroon> decoded) {
        if (decoded.isEmpty()) {
            return new Finding(
                    Subject.MACAROON,
                    Level.WARNING,
                    "",
                    "not readable, so that nobody knows what it allows (expected: one that lnd baked)");
        }
        Macaroon macaroon = decoded.get();
        Set<Permission> needed =
                Arrays.stream(NeededCall.values())
                        .flatMap(call -> Stream.of(call.permission(), call.general()))
                        .collect(Collectors.toSet());
        Set<Permission> beyond = new HashSet<>(macaroon.permissions());
        beyond.removeAll(needed);
        String ends = macaroon.validUntil().map(until -> "; ends " + until).orElse("");
        String writes = listed(beyond, false);
        if (!writes.isEmpty()) {
            return new Finding(
                    Subject.MACAROON,
                    Level.WARNING,
                    writes,
                    "can do more than read, and perhaps spend: %s (expected: one that only reads)%s"
                            .formatted(writes, ends));
        }
        if (macaroon.validUntil().filter(this::isSoon).isPresent()) {
            return new Finding(
                    Subject.MACAROON,
                    Level.WARNING,
                    "",
                    "only reads" + ends + " (expected: later)");
        }
        String reads = listed(beyond, true);
        return ok(
                Subject.MACAROON,
                reads,
                (reads.isEmpty()
                                ? "only reads, and only what is needed"
                                : "only reads; not needed: " + reads)
                        + ends);
    }

    private boolean isSoon(Instant end) {
        return ChronoUnit.DAYS.between(clock.instant(), end) < EXPIRY_WARNING_DAYS;
    }

    private static String listed(Set<Permission> permissions, boolean reading) {
        return permissions.stream()
                .filter(permission -> permission.isRead() == reading)
                .map(Permission::toString)
                .sorted()
                .collect(Collectors.joining(", "));
    }

    /// Which of the needed calls the node takes from us.
    static Finding calls(Map<NeededCall, Grant> grants) {
        List<NeededCall> declined = new ArrayList<>(grants.keySet());
        declined.removeIf(call -> kind(grants, call) == Grant.Kind.GRANTED);
        int all = grants.size();
        String value = "%d/%d".formatted(all - declined.size(), all);
        if (declined.isEmpty()) {
            return ok(Subject.CALLS, value, "all %d that are needed are granted".formatted(all));
        }
        boolean isLost = declined.stream().allMatch(call -> kind(grants, call) == Grant.Kind.LOST);
        return new Finding(
                Subject.CALLS,
                isLost ? Level.UNAVAILABLE : Level.REFUSED,
                value,
                "%d of %d are not granted: %s. %s"
                        .formatted(
                                declined.size(),
                                all,
                                names(declined, all),
                                reasons(grants, declined)));
    }

    private static String names(Collection<NeededCall> calls, int all) {
        return calls.size() == all
                ? "none at all"
                : calls.stream()
                        .map(call -> call.rpc().substring(call.rpc().lastIndexOf('/') + 1))
                        .collect(Collectors.joining(", "));
    }

    /// The first of its kind stands for the others: they differ in the name of the call only.
    private static String reasons(Map<NeededCall, Grant> grants, List<NeededCall> declined) {
        return Stream.of(Grant.Kind.DENIED, Grant.Kind.NOT_KNOWN, Grant.Kind.LOST)
                .flatMap(
                        kind ->
                                declined.stream()
                                        .filter(call -> kind(grants, call) == kind)
                                        .limit(1))
                .map(call -> Optional.ofNullable(grants.get(call)).map(Grant::reason).orElse(""))
                .collect(Collectors.joining(". "));
    }

    private static Grant.Kind kind(Map<NeededCall, Grant> grants, NeededCall call) {
        return Optional.ofNullable(grants.get(call)).map(Grant::kind).orElse(Grant.Kind.LOST);
    }

    /// Nothing to be done.
    static Finding ok(Subject subject, String value, String text) {
        return new Finding(subject, Level.OK, value, text);
    }

    private static String day(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC).toLocalDate().toString();
    }
}
