package tallystick.ops.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ScrapeTest {
    private final Scrape scrape =
            new Scrape(
                    """
                    # HELP jvm_memory_committed_bytes what it takes
                    jvm_memory_committed_bytes{area="heap",id="Eden Space"} 3.0E7
                    jvm_memory_committed_bytes{area="heap",id="Tenured Gen"} 1.0E8
                    jvm_memory_committed_bytes{area="nonheap",id="Metaspace"} 6.0E7
                    tallystick_ingest_records_total{list="invoices",node="a",source="sweep"} 100.0
                    tallystick_ingest_records_total{list="payments",node="b",source="stream"} 20.0
                    tallystick_ingest_records_total{list="chain",node="b",source="sweep"} 3.0
                    tallystick_ingest_state{node="a",state="live"} 1.0
                    tallystick_ingest_state{node="a",state="degraded"} 0.0
                    tallystick_ingest_state{node="b",state="live"} 0.0
                    """);

    @Test
    void addsUpTheSeriesThatAreAskedFor() {
        assertThat(scrape.heap()).isEqualTo(130_000_000);
        assertThat(scrape.records()).isEqualTo(123);
        assertThat(scrape.invoicesAndPayments()).isEqualTo(120);
        assertThat(scrape.liveNodes()).isEqualTo(1);
    }

    @Test
    void doesNotTakeANameForTheBeginningOfAnother() {
        assertThat(scrape.sum("tallystick_ingest_records", _ -> true)).isZero();
    }
}
