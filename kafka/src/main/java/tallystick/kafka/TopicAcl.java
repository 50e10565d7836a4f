package tallystick.kafka;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// One permission that a part needs on a broker which asks for permissions.
///
/// @param part who needs it
/// @param operations as the broker names them, comma-separated
/// @param resource `topic`, `group` or `transactional-id`
/// @param name of the resource; ends with `*` where it is a prefix
public record TopicAcl(Part part, String operations, String resource, String name) {
    /// Who speaks to the broker.
    public enum Part {
        /// `topics create`.
        ADMINISTRATOR,
        INGEST,
        RECONCILE,
        /// The API.
        SERVE,
        /// Writes bookings, reads what was found.
        OTHER_SYSTEMS
    }

    private static final String READ = "Read,Describe";
    private static final String WRITE = "Write,Describe";
    private static final String BOTH = "Read,Write,Describe";

    public static List<TopicAcl> all(TopicSettings settings) {
        List<TopicAcl> acls = new ArrayList<>();
        for (Topic topic : Topic.values()) {
            String name = settings.name(topic);
            acls.add(
                    new TopicAcl(
                            Part.ADMINISTRATOR, "Create,Describe,DescribeConfigs", "topic", name));
            forTopic(topic, name).forEach(acls::add);
        }
        String prefix = settings.prefix();
        acls.add(new TopicAcl(Part.INGEST, WRITE, "transactional-id", prefix + "-*"));
        acls.add(new TopicAcl(Part.INGEST, "Read", "group", prefix + "-*"));
        acls.add(new TopicAcl(Part.RECONCILE, WRITE, "transactional-id", prefix + "-*"));
        acls.add(new TopicAcl(Part.RECONCILE, "Read", "group", prefix + "-*"));
        acls.add(new TopicAcl(Part.SERVE, WRITE, "transactional-id", prefix + "-decision-*"));
        return acls.stream()
                .sorted(
                        java.util.Comparator.comparing(TopicAcl::part)
                                .thenComparing(TopicAcl::resource)
                                .thenComparing(TopicAcl::name))
                .toList();
    }

    private static Stream<TopicAcl> forTopic(Topic topic, String name) {
        return switch (topic) {
            case INVOICES, PAYMENTS, FORWARDS, CHANNELS, CHAIN, BALANCES, BOOKS, COVERAGE ->
                    Stream.of(topic(Part.INGEST, WRITE, name), topic(Part.RECONCILE, READ, name));
            case DECISIONS ->
                    Stream.of(topic(Part.RECONCILE, BOTH, name), topic(Part.SERVE, WRITE, name));
            case BOOKS_INBOX ->
                    Stream.of(
                            topic(Part.INGEST, READ, name),
                            topic(Part.SERVE, WRITE, name),
                            topic(Part.OTHER_SYSTEMS, WRITE, name));
            case MISMATCHES, MISMATCH_STATE, REPORTS, LEDGER_HEADS ->
                    Stream.of(
                            topic(Part.RECONCILE, BOTH, name),
                            topic(Part.OTHER_SYSTEMS, READ, name));
            case QUARANTINE ->
                    Stream.of(topic(Part.INGEST, WRITE, name), topic(Part.RECONCILE, BOTH, name));
            case INGEST_STATE -> Stream.of(topic(Part.INGEST, BOTH, name));
        };
    }

    private static TopicAcl topic(Part part, String operations, String name) {
        return new TopicAcl(part, operations, "topic", name);
    }
}
