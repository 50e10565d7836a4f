package tallystick.serve.web.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import javax.sql.DataSource;
import tallystick.db.Transactions;
import tallystick.db.web.SessionRepository;

/// Who is signed in. Sessions are rows of the database, so every instance knows them, and they end at once when they are ended
/// anywhere. Any thread.
public final class Sessions {
    /// It is noted this often that somebody is still there; each time is a write.
    private static final Duration NOTE = Duration.ofMinutes(1);

    private static final int TOKEN_BYTES = 32;

    private final Transactions transactions;
    private final Duration idleMax;
    private final Duration lengthMax;
    private final InstantSource clock;
    private final SessionRepository sessions = new SessionRepository();
    private final SecureRandom random = new SecureRandom();

    /// @param idleMax after which somebody who asked for nothing is signed out
    /// @param lengthMax after which everybody is
    public Sessions(
            DataSource dataSource, Duration idleMax, Duration lengthMax, InstantSource clock) {
        this.transactions = new Transactions(dataSource);
        this.idleMax = idleMax;
        this.lengthMax = lengthMax;
        this.clock = clock;
    }

    /// @return the token that the browser shows from then on
    public String begin(Person person) {
        String token = newToken();
        Instant now = clock.instant();
        return transactions.call(
                connection -> {
                    sessions.endOver(connection, now, now.minus(idleMax));
                    sessions.add(
                            connection,
                            digest(token),
                            person.name(),
                            People.texts(person),
                            now,
                            now.plus(lengthMax));
                    return token;
                });
    }

    /// Empty when the token is nobody's, or his time is over.
    ///
    /// @param isThere whether the person himself asks, and not a page that keeps itself up to date
    public Optional<Person> find(String token, boolean isThere) {
        Instant now = clock.instant();
        byte[] digest = digest(token);
        Optional<SessionRepository.Row> found =
                transactions.read(
                        connection -> sessions.find(connection, digest, now, now.minus(idleMax)));
        if (isThere && found.filter(one -> one.seenAt().isBefore(now.minus(NOTE))).isPresent()) {
            transactions.call(
                    connection -> {
                        sessions.see(connection, digest, now);
                        return true;
                    });
        }
        return found.map(one -> People.person(one.person(), one.roles()));
    }

    public void end(String token) {
        transactions.call(
                connection -> {
                    sessions.end(connection, digest(token));
                    return true;
                });
    }

    /// Something that cannot be guessed.
    public String newToken() {
        byte[] token = new byte[TOKEN_BYTES];
        random.nextBytes(token);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
    }

    static byte[] digest(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
