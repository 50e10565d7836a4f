package tallystick.kafka;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;

/// Makes the topics of the contract where they are absent, and tells how they stand on the broker.
public final class TopicAdmin {
    private static final int REQUEST_TIMEOUT_MILLIS = 10_000;

    private static final int ANSWER_TIMEOUT_MILLIS = 20_000;

    private final KafkaConnection connection;
    private final TopicSettings settings;

    public TopicAdmin(KafkaConnection connection, TopicSettings settings) {
        this.connection = connection;
        this.settings = settings;
    }

    /// A topic as the broker has it.
    public record Found(
            String name, int partitions, int replication, String cleanup, String retentionMillis) {}

    /// Makes what is absent; changes nothing that exists.
    ///
    /// @return names of the topics made
    /// @throws TopicException when an existing topic has another number of partitions, or the broker refuses
    public List<String> createAbsent() throws InterruptedException {
        try (Admin admin = connect()) {
            Map<String, TopicDescription> existing = describe(admin);
            refuseOtherPartitions(existing);
            List<TopicPlan> absent =
                    TopicPlan.all(settings).stream()
                            .filter(plan -> !existing.containsKey(plan.name()))
                            .toList();
            create(admin, absent);
            return absent.stream().map(TopicPlan::name).toList();
        }
    }

    /// The contract's topics that exist, by name.
    public List<Found> list() throws InterruptedException {
        try (Admin admin = connect()) {
            Map<String, TopicDescription> existing = describe(admin);
            Map<ConfigResource, Config> configs =
                    get(
                            "topics: settings",
                            admin.describeConfigs(
                                            existing.keySet().stream()
                                                    .map(TopicAdmin::resource)
                                                    .toList())
                                    .all());
            List<Found> found = new ArrayList<>();
            existing.forEach(
                    (name, topic) -> {
                        Config config = requireNonNull(configs.get(resource(name)));
                        found.add(
                                new Found(
                                        name,
                                        topic.partitions().size(),
                                        topic.partitions().getFirst().replicas().size(),
                                        value(config, TopicConfig.CLEANUP_POLICY_CONFIG),
                                        value(config, TopicConfig.RETENTION_MS_CONFIG)));
                    });
            return found;
        }
    }

    /// Makes a topic anew, without what was in it.
    public void makeAnew(Topic topic) throws InterruptedException {
        TopicPlan plan = TopicPlan.of(topic, settings);
        try (Admin admin = connect()) {
            if (describe(admin).containsKey(plan.name())) {
                get("topic " + plan.name(), admin.deleteTopics(List.of(plan.name())).all());
            }
            create(admin, List.of(plan));
        }
    }

    /// Somebody waits in front of a command: better a clear answer soon than a longer wait.
    private Admin connect() {
        Map<String, Object> properties = new HashMap<>();
        properties.putAll(connection.adminProperties());
        properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_TIMEOUT_MILLIS);
        properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ANSWER_TIMEOUT_MILLIS);
        try {
            return Admin.create(properties);
        } catch (KafkaException e) {
            // Before anything is sent, a client reads its settings and their files.
            throw refused(e);
        }
    }

    private void refuseOtherPartitions(Map<String, TopicDescription> existing) {
        List<String> wrong = new ArrayList<>();
        for (TopicPlan plan : TopicPlan.all(settings)) {
            TopicDescription found = existing.get(plan.name());
            if (found != null && found.partitions().size() != plan.partitions()) {
                wrong.add(
                        "topic %s: %d partitions (expected: %d)"
                                .formatted(
                                        plan.name(), found.partitions().size(), plan.partitions()));
            }
        }
        if (!wrong.isEmpty()) {
            throw new TopicException(
                    wrong.getFirst()
                            + (wrong.size() > 1 ? ", and %d more".formatted(wrong.size() - 1) : "")
                            + ". The number is fixed for a ledger's life: set kafka.partitions to what exists, or choose another kafka.topic-prefix");
        }
    }

    private Map<String, TopicDescription> describe(Admin admin) throws InterruptedException {
        Collection<String> all = get("topics: names", admin.listTopics().names());
        List<String> ours =
                TopicPlan.all(settings).stream()
                        .map(TopicPlan::name)
                        .filter(all::contains)
                        .toList();
        return new TreeMap<>(
                get("topics: description", admin.describeTopics(ours).allTopicNames()));
    }

    private void create(Admin admin, List<TopicPlan> absent) throws InterruptedException {
        var results =
                admin.createTopics(absent.stream().map(TopicPlan::newTopic).toList()).values();
        for (TopicPlan plan : absent) {
            try {
                requireNonNull(results.get(plan.name())).get();
            } catch (ExecutionException e) {
                // Another program made it in this very moment, from the same plan.
                if (!(e.getCause() instanceof TopicExistsException)) {
                    throw failure("topic " + plan.name(), e);
                }
            }
        }
    }

    private <T> T get(String what, KafkaFuture<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw failure(what, e);
        }
    }

    private TopicException failure(String what, ExecutionException e) {
        Throwable cause = requireNonNullElse(e.getCause(), e);
        if (Refusal.is(cause)) {
            return refused(cause);
        }
        return new TopicException(
                "%s: %s at %s (expected: a broker that answers and allows it)"
                        .formatted(what, cause.getMessage(), connection.bootstrapServers()),
                cause);
    }

    private TopicException refused(Throwable cause) {
        return new TopicException(
                "Kafka at %s: %s (expected: in kafka.properties-file, settings that Kafka's clients understand, and a login that may do this)"
                        .formatted(connection.bootstrapServers(), Refusal.reason(cause)),
                cause);
    }

    private static ConfigResource resource(String topic) {
        return new ConfigResource(ConfigResource.Type.TOPIC, topic);
    }

    private static String value(Config config, String name) {
        return String.valueOf(config.get(name).value());
    }
}
