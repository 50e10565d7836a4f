-- The short channel ids of a channel that has ended are looked up by the channel; a node may have had thousands.
CREATE INDEX channel_alias_of_channel ON ledger.channel_alias (node, channel_point);
