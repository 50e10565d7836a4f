package tallystick.serve.web.access;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import tallystick.db.Transactions;
import tallystick.db.web.PersonRepository;
import tallystick.db.web.SignInFailureRepository;
import tallystick.serve.access.PersonNames;

/// Signs people in by name and password. Any thread.
public final class PasswordSignIn {
    private static final Duration WINDOW = Duration.ofMinutes(15);

    /// Who mistypes does so a few times; who guesses needs many.
    private static final int FAILURES_OF_NAME_MAX = 10;

    /// An office may share one address.
    private static final int FAILURES_OF_ADDRESS_MAX = 50;

    /// Each takes memory and a processor's time on purpose.
    private static final int HASHES_AT_ONCE = 2;

    /// Who waits longer for the others is sent away.
    private static final Duration QUEUE_MAX = Duration.ofSeconds(5);

    private static final Duration QUEUE_PAUSE = Duration.ofMinutes(1);

    private final Transactions transactions;
    private final InstantSource clock;
    private final PersonRepository people = new PersonRepository();
    private final SignInFailureRepository failures = new SignInFailureRepository();
    private final Passwords passwords = new Passwords();
    private final Semaphore hashing = new Semaphore(HASHES_AT_ONCE);

    /// Of nobody's password: whoever tries a name that there is not waits as long as for one that there is.
    private final String nobodys = passwords.hash("nobody's password");

    public PasswordSignIn(DataSource dataSource, InstantSource clock) {
        this.transactions = new Transactions(dataSource);
        this.clock = clock;
    }

    /// How an attempt ended.
    public sealed interface Outcome {
        record SignedIn(Person person) implements Outcome {}

        /// Which of both was wrong is not told.
        record Refused() implements Outcome {}

        /// @param pause after which it may be tried again
        record TooMany(Duration pause) implements Outcome {}
    }

    /// False while nobody can sign in this way.
    public boolean hasAny() {
        return transactions.read(people::hasAnyPassword);
    }

    /// @param address from where it is tried
    public Outcome attempt(String typedName, String password, String address)
            throws InterruptedException {
        String name = PersonNames.kept(typedName);
        // Failures are counted and added within: of many attempts at once, few get by before the
        // first has counted.
        if (!hashing.tryAcquire(QUEUE_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
            return new Outcome.TooMany(QUEUE_PAUSE);
        }
        try {
            return attemptNow(name, password, address);
        } finally {
            hashing.release();
        }
    }

    private Outcome attemptNow(String name, String password, String address) {
        byte[] nameDigest = Sessions.digest(name);
        Instant now = clock.instant();
        SignInFailureRepository.Count before =
                transactions.read(
                        connection ->
                                failures.count(connection, nameDigest, address, now.minus(WINDOW)));
        if (before.ofName() >= FAILURES_OF_NAME_MAX
                || before.ofAddress() >= FAILURES_OF_ADDRESS_MAX) {
            return new Outcome.TooMany(WINDOW);
        }
        // Whom an issuer vouches for has none, and is nobody here.
        Optional<PersonRepository.Row> found =
                transactions
                        .read(connection -> people.one(connection, name))
                        .filter(one -> one.password().isPresent());
        String stored = found.flatMap(PersonRepository.Row::password).orElse(nobodys);
        boolean fits = password.length() <= People.PASSWORD_MAX && passwords.fits(password, stored);
        if (fits && found.isPresent()) {
            return new Outcome.SignedIn(People.person(found.get().name(), found.get().roles()));
        }
        transactions.call(
                connection -> {
                    failures.forget(connection, now.minus(WINDOW));
                    failures.add(connection, nameDigest, address, now);
                    return true;
                });
        return new Outcome.Refused();
    }
}
