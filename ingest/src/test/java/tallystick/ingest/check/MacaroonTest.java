package tallystick.ingest.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class MacaroonTest {
    /// What lnd's admin macaroon says, under a nonce and a signature of zeros.
    private static final String ADMIN =
            "0201036c6e6402f801030a10"
                    + "00".repeat(16)
                    + "1201301a160a0761646472657373120472656164120577726974651a130a04696e666f120472656164"
                    + "120577726974651a170a08696e766f69636573120472656164120577726974651a210a086d61636172"
                    + "6f6f6e120867656e6572617465120472656164120577726974651a160a076d65737361676512047265"
                    + "6164120577726974651a170a086f6666636861696e120472656164120577726974651a160a076f6e63"
                    + "6861696e120472656164120577726974651a140a057065657273120472656164120577726974651a18"
                    + "0a067369676e6572120867656e657261746512047265616400000620"
                    + "00".repeat(32);

    @Test
    void saysWhatItAllows() {
        Macaroon admin = Macaroon.decode(ADMIN).orElseThrow();

        assertThat(admin.permissions())
                .hasSize(19)
                .contains(
                        new Permission("info", "read"),
                        new Permission("offchain", "write"),
                        new Permission("macaroon", "generate"),
                        new Permission("signer", "generate"));
        assertThat(admin.caveats()).isEmpty();
        assertThat(admin.validUntil()).isEmpty();
    }

    @Test
    void saysUnderWhichConditions() {
        byte[] baked =
                BakedMacaroon.of(
                        List.of(NeededCall.GET_INFO.permission()),
                        "ipaddr 10.0.0.7",
                        "time-before 2026-12-24T18:00:00.5Z");

        Macaroon macaroon = Macaroon.decode(HexFormat.of().formatHex(baked)).orElseThrow();

        assertThat(macaroon.permissions())
                .containsExactly(new Permission("uri", "/lnrpc.Lightning/GetInfo"));
        assertThat(macaroon.caveats()).hasSize(2);
        assertThat(macaroon.validUntil()).contains(Instant.parse("2026-12-24T18:00:00.5Z"));
    }

    @Test
    void isNotReadFromAnythingElse() {
        assertThat(Macaroon.decode("")).isEmpty();
        assertThat(Macaroon.decode("0201036c6e64")).isEmpty();
        assertThat(Macaroon.decode("not hex")).isEmpty();
        assertThat(Macaroon.decode("01" + ADMIN.substring(2))).isEmpty();
        for (int end = 0; end < ADMIN.length() - 66; end += 2) {
            assertThat(Macaroon.decode(ADMIN.substring(0, end))).isEmpty();
        }
    }
}
