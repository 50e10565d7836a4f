package tallystick.ops.pipeline;

import java.time.ZoneId;
import javax.sql.DataSource;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.mismatch.RuleSet;

/// Where a pipeline works: one ledger with its broker and its database, migrated and with its topics made.
///
/// @param ledger the ledger's name
/// @param zone in which business days begin and end
public record Place(
        String ledger,
        ZoneId zone,
        RuleSet rules,
        KafkaConnection kafka,
        TopicSettings topics,
        DataSource dataSource) {}
