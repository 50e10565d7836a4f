package tallystick.serve.openid;

import java.time.InstantSource;
import java.util.Optional;
import javax.sql.DataSource;
import tallystick.db.Transactions;
import tallystick.db.web.PersonRepository;
import tallystick.serve.openid.OpenidException.Kind;

/// Keeps a name one person's. Whoever first comes with a name has it from then on, and no other: whether two people decided is
/// told by their names, and an issuer may let people change theirs, or give them to others. Any thread.
public final class BoundNames {
    private final Transactions transactions;
    private final InstantSource clock;
    private final PersonRepository people = new PersonRepository();

    public BoundNames(DataSource dataSource, InstantSource clock) {
        this.transactions = new Transactions(dataSource);
        this.clock = clock;
    }

    /// @throws OpenidException when the name is somebody else's, or the person has another one
    public void require(TokenPerson person) {
        String his =
                nameOf(person)
                        .or(
                                () -> {
                                    bind(person);
                                    return nameOf(person);
                                })
                        .orElseThrow(
                                () ->
                                        new OpenidException(
                                                Kind.NAME_TAKEN,
                                                "name: %s is another person's here (expected: one that nobody has; `tallystick users list` shows them)"
                                                        .formatted(person.name())));
        if (!his.equals(person.name())) {
            throw new OpenidException(
                    Kind.NAME_TAKEN,
                    "name: %s of who is %s here (expected: the same as ever, or `tallystick users remove %s` first)"
                            .formatted(person.name(), his, his));
        }
    }

    private Optional<String> nameOf(TokenPerson person) {
        return transactions.read(
                connection -> people.nameOf(connection, person.issuer(), person.subject()));
    }

    private void bind(TokenPerson person) {
        transactions.call(
                connection ->
                        people.bind(
                                connection,
                                person.name(),
                                person.issuer(),
                                person.subject(),
                                clock.instant()));
    }
}
