package tallystick.ledger.books;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tallystick.ledger.books.EntryKind.Effect;

class EntryKindTest {
    @ParameterizedTest
    @EnumSource
    void isReadAsItIsWritten(EntryKind kind) {
        assertThat(EntryKind.parse(kind.text())).isEqualTo(kind);
    }

    @Test
    void anUnknownKindIsRefusedWithTheList() {
        assertThatThrownBy(() -> EntryKind.parse("Receipt"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("kind: Receipt (expected: one of receipt, payment,");
    }

    @ParameterizedTest
    @EnumSource(names = {"HOLD", "HOLD_RELEASE", "CHANNEL_OPEN", "CHANNEL_CLOSE"})
    void whatMovesBetweenOwnAccountsDoesNotTouchClearing(EntryKind kind) {
        assertThat(kind.effect()).isEqualTo(Effect.NONE);
    }

    @ParameterizedTest
    @EnumSource(names = {"RECEIPT", "ROUTING_INCOME", "CHAIN_RECEIPT", "ADJUSTMENT_IN"})
    void moneyIn(EntryKind kind) {
        assertThat(kind.effect()).isEqualTo(Effect.MONEY_IN);
    }
}
