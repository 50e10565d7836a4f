package tallystick.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TopicPlanTest {
    private static final TopicSettings SETTINGS =
            new TopicSettings(
                    "shop",
                    6,
                    (short) 3,
                    Duration.ofDays(1),
                    Duration.ofDays(2),
                    Duration.ofDays(3));

    @Test
    void coversEveryTopicWithThePrefix() {
        List<TopicPlan> plans = TopicPlan.all(SETTINGS);

        assertThat(plans).hasSize(Topic.values().length);
        assertThat(plans)
                .allSatisfy(plan -> assertThat(plan.name()).matches("shop\\.[a-z-]+\\.v1"));
    }

    @Test
    void givesTopicsOfOneItemTheSameNumberOfPartitions() {
        assertThat(TopicPlan.all(SETTINGS))
                .filteredOn(plan -> plan.topic().isReconciled())
                .extracting(TopicPlan::partitions)
                .containsOnly(6);
    }

    @Test
    void keepsEachTopicAsLongAsTheContractSays() {
        var byTopic =
                TopicPlan.all(SETTINGS).stream()
                        .collect(Collectors.toMap(TopicPlan::topic, Function.identity()));

        assertThat(byTopic.get(Topic.BOOKS).settings()).containsEntry("retention.ms", "86400000");
        assertThat(byTopic.get(Topic.INVOICES).settings())
                .containsEntry("retention.ms", "172800000");
        assertThat(byTopic.get(Topic.DECISIONS).settings())
                .containsEntry("retention.ms", "259200000");
        assertThat(byTopic.get(Topic.LEDGER_HEADS).settings())
                .containsEntry("retention.ms", "-1")
                .containsEntry("cleanup.policy", "delete");
        assertThat(byTopic.get(Topic.INGEST_STATE).settings())
                .containsEntry("cleanup.policy", "compact")
                .doesNotContainKey("retention.ms");
    }

    @Test
    void waitsForASecondCopyWhereThereAreThree() {
        assertThat(TopicPlan.all(SETTINGS))
                .allSatisfy(
                        plan ->
                                assertThat(plan.settings())
                                        .containsEntry("min.insync.replicas", "2"));
        assertThat(TopicPlan.all(TopicSettings.defaults()))
                .allSatisfy(
                        plan ->
                                assertThat(plan.settings())
                                        .containsEntry("min.insync.replicas", "1"));
    }

    @Test
    void onlyIngestWritesWhatIsReconciled() {
        assertThat(TopicAcl.all(SETTINGS))
                .filteredOn(acl -> acl.name().equals("shop.books.v1"))
                .filteredOn(acl -> acl.operations().contains("Write"))
                .extracting(TopicAcl::part)
                .containsExactly(TopicAcl.Part.INGEST);
        assertThat(TopicAcl.all(SETTINGS))
                .filteredOn(acl -> acl.part() == TopicAcl.Part.OTHER_SYSTEMS)
                .filteredOn(acl -> acl.operations().contains("Write"))
                .extracting(TopicAcl::name)
                .containsExactly("shop.books-inbox.v1");
    }
}
