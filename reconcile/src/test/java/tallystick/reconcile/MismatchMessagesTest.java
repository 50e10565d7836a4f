package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import tallystick.db.write.RegisterRepository.Row;
import tallystick.ledger.Msat;
import tallystick.ledger.mismatch.Code;
import tallystick.ledger.mismatch.Finding;
import tallystick.ledger.mismatch.Outcome;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.proto.v1.Mismatch;
import tallystick.proto.v1.MismatchState;

/// A finding, its row and its message say the same, and always the same.
class MismatchMessagesTest {
    @Test
    void saysWhatWasFound() {
        Mismatch message = MismatchMessages.message(row(5_000, 100));

        assertThat(message.getCode()).isEqualTo("AMOUNT_DIFFERS");
        assertThat(message.getAmountMsat()).isEqualTo(5_000);
        assertThat(message.getResidueMsat()).isEqualTo(100);
        assertThat(message.getState()).isEqualTo(MismatchState.MISMATCH_STATE_OPEN);
        assertThat(message.getSinceNs() % 1_000).isZero(); // As Postgres gives it back.
        assertThat(message.getNodeMsat()).isEqualTo(7);
        assertThat(message.hasBooksMsat()).isFalse();
        assertThat(message.getMismatchId()).hasSize(64);
    }

    @Test
    void tellsApartWhatReadsOtherwise() {
        Row row = row(5_000, 100);

        assertThat(MismatchMessages.digest(row(5_000, 100)))
                .isEqualTo(MismatchMessages.digest(row));
        assertThat(MismatchMessages.digest(row(5_001, 100)))
                .isNotEqualTo(MismatchMessages.digest(row));
        assertThat(MismatchMessages.readAlike(row, MismatchMessages.with(row, "OPEN", 3))).isTrue();
        assertThat(MismatchMessages.readAlike(row, MismatchMessages.with(row, "IGNORED", 1)))
                .isFalse();
        assertThat(MismatchMessages.readAlike(row, row(5_000, 101))).isFalse();
    }

    @Test
    void keepsItsIdentityWhateverItSays() {
        assertThat(row(5_000, 100).mismatchId()).isEqualTo(row(1, 2).mismatchId());
    }

    private static Row row(long amount, long residue) {
        Finding finding =
                new Finding(
                        Code.AMOUNT_DIFFERS,
                        Optional.of(Fact.NODE_A),
                        "payment_hash:" + Fact.hash(1),
                        Msat.of(amount),
                        Fact.at(5).plusNanos(1_234_567),
                        "They differ.",
                        OptionalLong.of(7),
                        OptionalLong.empty(),
                        Optional.of("order 7"),
                        Optional.empty(),
                        List.of(),
                        List.of());
        return MismatchMessages.row(
                new Outcome.Judged(finding, Outcome.Standing.OPEN, Optional.empty()),
                "owner",
                new byte[32],
                residue,
                RuleSet.defaults(),
                finding.since());
    }
}
