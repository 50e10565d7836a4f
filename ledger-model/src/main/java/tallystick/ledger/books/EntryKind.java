package tallystick.ledger.books;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/// What a book entry says happened, and what that does to the books.
public enum EntryKind {
    RECEIPT(Effect.MONEY_IN),
    PAYMENT(Effect.MONEY_OUT),
    ROUTING_FEE(Effect.MONEY_OUT),
    ROUTING_INCOME(Effect.MONEY_IN),
    REBALANCE_FEE(Effect.MONEY_OUT),
    HOLD(Effect.NONE),
    HOLD_RELEASE(Effect.NONE),
    CHAIN_RECEIPT(Effect.MONEY_IN),
    CHAIN_PAYMENT(Effect.MONEY_OUT),
    CHAIN_FEE(Effect.MONEY_OUT),
    CHANNEL_OPEN(Effect.NONE),
    CHANNEL_CLOSE(Effect.NONE),
    ADJUSTMENT_IN(Effect.MONEY_IN),
    ADJUSTMENT_OUT(Effect.MONEY_OUT),
    REVERSAL(Effect.OPPOSITE);

    /// What an entry does to clearing.
    public enum Effect {
        /// Debits clearing.
        MONEY_IN(1),
        /// Credits clearing.
        MONEY_OUT(-1),
        /// Moves value between the business's own accounts: posts nothing.
        NONE(0),
        /// The opposite of the entry that it reverses.
        OPPOSITE(0);

        private final int sign;

        Effect(int sign) {
            this.sign = sign;
        }

        /// What its amount counts for in what the business takes in: 1 in, -1 out, 0 when it brings nothing by itself.
        public int sign() {
            return sign;
        }
    }

    private final Effect effect;

    EntryKind(Effect effect) {
        this.effect = effect;
    }

    public Effect effect() {
        return effect;
    }

    /// True when an entry of this kind brings money in or takes it out.
    public boolean movesValue() {
        return effect.sign() != 0;
    }

    /// As the books write it, for example `routing_fee`.
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// @throws IllegalArgumentException when there is no such kind; the message lists them
    public static EntryKind parse(String text) {
        return Arrays.stream(values())
                .filter(kind -> kind.text().equals(text.strip()))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "kind: %s (expected: one of %s)"
                                                .formatted(
                                                        text,
                                                        Arrays.stream(values())
                                                                .map(EntryKind::text)
                                                                .collect(
                                                                        Collectors.joining(
                                                                                ", ")))));
    }
}
