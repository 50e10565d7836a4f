package tallystick.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// One partition number, one owner: everything about one reference lies in one number of several topics, and whoever has the
/// number in one of them has it in all. However many workers come and go.
class AssignmentTest {
    private static final int REBALANCES = 200;
    private static final int MEMBERS_MAX = 9;

    @ParameterizedTest(name = "{0} partitions")
    @ValueSource(ints = {1, 4, 7, 64})
    void givesEqualNumbersOfAllTopicsToOneOwner(int partitions) throws Exception {
        Random random = new Random(partitions);
        List<String> topics =
                Arrays.stream(Topic.values())
                        .filter(Topic::isReconciled)
                        .map(topic -> topic.name("t"))
                        .toList();
        Cluster cluster = cluster(topics, partitions);
        List<String> members = new ArrayList<>(List.of("first"));

        for (int rebalance = 0; rebalance < REBALANCES; rebalance++) {
            if (members.size() > 1 && (random.nextBoolean() || members.size() == MEMBERS_MAX)) {
                members.remove(random.nextInt(members.size()));
            } else {
                members.add("member-" + random.nextInt());
            }
            Map<String, Set<TopicPartition>> assigned = assign(cluster, topics, members);

            Map<Integer, String> owners = new HashMap<>();
            int count = 0;
            for (String member : members) {
                for (TopicPartition place : assigned.getOrDefault(member, Set.of())) {
                    assertThat(owners.computeIfAbsent(place.partition(), _ -> member))
                            .as("rebalance %d: owner of %s", rebalance, place)
                            .isEqualTo(member);
                    count++;
                }
            }
            assertThat(count).isEqualTo(topics.size() * partitions);
            assertThat(new HashSet<>(owners.values()))
                    .hasSize(Math.min(members.size(), partitions));
        }
    }

    private static Map<String, Set<TopicPartition>> assign(
            Cluster cluster, List<String> topics, List<String> members) throws Exception {
        Map<String, ConsumerPartitionAssignor.Subscription> subscriptions = new HashMap<>();
        members.forEach(
                member ->
                        subscriptions.put(
                                member, new ConsumerPartitionAssignor.Subscription(topics)));
        Map<String, Set<TopicPartition>> result = new HashMap<>();
        configured()
                .assign(cluster, new ConsumerPartitionAssignor.GroupSubscription(subscriptions))
                .groupAssignment()
                .forEach(
                        (member, assignment) ->
                                result.put(member, Set.copyOf(assignment.partitions())));
        return result;
    }

    /// As our consumers have it.
    private static ConsumerPartitionAssignor configured() throws Exception {
        Object name =
                new KafkaConnection("localhost:1", Map.of())
                        .consumerProperties("group")
                        .get(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG);
        return Class.forName(String.valueOf(name))
                .asSubclass(ConsumerPartitionAssignor.class)
                .getDeclaredConstructor()
                .newInstance();
    }

    private static Cluster cluster(List<String> topics, int partitions) {
        Node node = new Node(1, "localhost", 1);
        List<PartitionInfo> infos = new ArrayList<>();
        for (String topic : topics) {
            for (int i = 0; i < partitions; i++) {
                infos.add(new PartitionInfo(topic, i, node, new Node[] {node}, new Node[] {node}));
            }
        }
        return new Cluster("cluster", List.of(node), infos, Set.of(), Set.of());
    }
}
