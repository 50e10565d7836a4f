package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.reconcile.Fact.at;

import java.time.ZoneOffset;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tallystick.ledger.mismatch.RuleSet;

/// Rules are kept under the same version for the same content, and every change of what holds is on record.
class RuleBookIT {
    private final TestLedger ledger = new TestLedger(new FakeLog());
    private final RuleBook book = new RuleBook(ledger.transactions());

    @AfterEach
    void close() {
        ledger.close();
    }

    @Test
    void nothingHoldsAtFirst() {
        assertThat(book.active()).isEmpty();
        assertThat(book.activations()).isEmpty();
    }

    @Test
    void sameContentIsTheSameVersion() {
        RuleSet strict = rules("1m");

        RuleSet first = book.activate(RuleSet.defaults(), at(0));
        RuleSet second = book.activate(strict, at(1));
        RuleSet again = book.activate(rules("60s"), at(2));
        RuleSet back = book.activate(RuleSet.defaults(), at(3));

        assertThat(first.version()).isEqualTo(1);
        assertThat(second.version()).isEqualTo(2);
        assertThat(again.version()).isEqualTo(2);
        assertThat(back.version()).isEqualTo(1);
        assertThat(book.version(2)).contains(strict.withVersion(2));
        assertThat(book.active()).contains(RuleSet.defaults());
    }

    @Test
    void activationIsOnRecordOnlyWhenItChangesSomething() {
        book.activate(RuleSet.defaults(), at(0));
        book.activate(RuleSet.defaults(), at(1));
        book.activate(rules("1m"), at(2));
        book.activate(rules("1m"), at(3));
        book.activate(RuleSet.defaults(), at(4));

        assertThat(book.activations())
                .extracting(one -> one.sequence() + " " + one.version() + " " + one.at())
                .containsExactly("1 1 " + at(0), "2 2 " + at(2), "3 1 " + at(4));
        assertThat(ledger.number("SELECT count(*) FROM register.rule_activation")).isEqualTo(3);
    }

    private static RuleSet rules(String grace) {
        return RuleSet.parse(Map.of("grace-books", grace), ZoneOffset.UTC);
    }
}
