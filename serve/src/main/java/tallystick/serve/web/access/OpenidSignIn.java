package tallystick.serve.web.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.sql.DataSource;
import tallystick.db.Transactions;
import tallystick.db.web.UsedSignInRepository;
import tallystick.serve.openid.BoundNames;
import tallystick.serve.openid.OpenidException;
import tallystick.serve.openid.OpenidException.Kind;
import tallystick.serve.openid.OpenidProvider;
import tallystick.serve.openid.TokenPerson;

/// Signs people in by an OpenID provider: authorization code flow with PKCE, state and nonce. Nothing is stored until somebody has
/// come back: the three follow from a token that the browser keeps. Any thread.
public final class OpenidSignIn {
    /// No issuer takes a code for so long.
    private static final Duration USE_KEPT = Duration.ofDays(1);

    /// Each waits for the issuer; more wait for each other.
    private static final int CODES_AT_ONCE = 8;

    private static final Duration QUEUE_MAX = Duration.ofSeconds(5);

    private final OpenidProvider provider;
    private final BoundNames names;
    private final Transactions transactions;
    private final InstantSource clock;
    private final Supplier<URI> back;
    private final UsedSignInRepository used = new UsedSignInRepository();
    private final Semaphore codes = new Semaphore(CODES_AT_ONCE);

    /// @param back the address of ours that people come back to
    public OpenidSignIn(
            OpenidProvider provider,
            DataSource dataSource,
            InstantSource clock,
            Supplier<URI> back) {
        this.provider = provider;
        this.names = new BoundNames(dataSource, clock);
        this.transactions = new Transactions(dataSource);
        this.clock = clock;
        this.back = back;
    }

    /// What the browser keeps from leaving to coming back.
    ///
    /// @param token that nobody else has
    /// @param to where the person goes then
    public record Attempt(String token, String to) {
        /// As a cookie's value.
        public String kept() {
            return token
                    + "."
                    + Base64.getUrlEncoder().withoutPadding().encodeToString(to.getBytes(UTF_8));
        }

        /// Empty when it is none.
        public static Optional<Attempt> of(String kept) {
            int point = kept.indexOf('.');
            if (point < 1) {
                return Optional.empty();
            }
            try {
                return Optional.of(
                        new Attempt(
                                kept.substring(0, point),
                                new String(
                                        Base64.getUrlDecoder().decode(kept.substring(point + 1)),
                                        UTF_8)));
            } catch (IllegalArgumentException _) {
                return Optional.empty();
            }
        }

        String state() {
            return DerivedToken.of(token, "state");
        }

        String nonce() {
            return DerivedToken.of(token, "nonce");
        }

        String verifier() {
            return DerivedToken.of(token, "verifier");
        }

        boolean isOf(String state) {
            return MessageDigest.isEqual(state().getBytes(UTF_8), state.getBytes(UTF_8));
        }
    }

    /// The issuer, as people know it.
    public String host() {
        return provider.host();
    }

    /// Where the person is sent.
    ///
    /// @throws OpenidException when the issuer does not answer
    public URI begin(Attempt attempt) {
        return provider.signIn(attempt.state(), attempt.nonce(), attempt.verifier(), back.get());
    }

    /// Who came back.
    ///
    /// @param issuer that says it sent him; empty where it says nothing
    /// @throws OpenidException when nobody is signed in
    public Person end(Attempt attempt, String state, String code, String issuer)
            throws InterruptedException {
        if (!issuer.isEmpty() && !provider.is(issuer)) {
            throw new OpenidException(Kind.REFUSED, "iss: another one (expected: the issuer)");
        }
        if (!attempt.isOf(state)) {
            throw new OpenidException(
                    Kind.REFUSED, "state: another one (expected: that of this browser)");
        }
        TokenPerson found = redeemed(attempt, code);
        if (!use(attempt)) {
            throw new OpenidException(
                    Kind.REFUSED, "state: used before (expected: that of a new sign-in)");
        }
        names.require(found);
        return People.reading(found.name(), found.roles());
    }

    private TokenPerson redeemed(Attempt attempt, String code) throws InterruptedException {
        if (!codes.tryAcquire(QUEUE_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new OpenidException(
                    Kind.UNREACHABLE, "%s: answers too slowly".formatted(provider.host()));
        }
        try {
            return provider.redeem(code, attempt.nonce(), attempt.verifier(), back.get());
        } finally {
            codes.release();
        }
    }

    private boolean use(Attempt attempt) {
        Instant now = clock.instant();
        return transactions.call(
                connection -> {
                    used.forget(connection, now.minus(USE_KEPT));
                    return used.use(connection, Sessions.digest(attempt.state()), now);
                });
    }
}
