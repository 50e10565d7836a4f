-- Records as auditors read them: the product's messages, and the nodes' own within them, as JSON, by SQL alone.

-- Fields of a message by number: name, type, and true where it repeats. As in the product's .proto files, which a test compares.
CREATE FUNCTION audit.message_fields(message text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE message
        WHEN 'lnrpc.AMP' THEN '{"1": ["root_share", "bytes"], "2": ["set_id", "bytes"],
            "3": ["child_index", "uint32"], "4": ["hash", "bytes"], "5": ["preimage", "bytes"]}'
        WHEN 'lnrpc.AMPInvoiceState' THEN '{"1": ["state", "lnrpc.InvoiceHTLCState"],
            "2": ["settle_index", "uint64"], "3": ["settle_time", "int64"], "5": ["amt_paid_msat", "int64"]}'
        WHEN 'lnrpc.AMPRecord' THEN '{"1": ["root_share", "bytes"], "2": ["set_id", "bytes"],
            "3": ["child_index", "uint32"]}'
        WHEN 'lnrpc.Amount' THEN '{"1": ["sat", "uint64"], "2": ["msat", "uint64"]}'
        WHEN 'lnrpc.Chain' THEN '{"1": ["chain", "string"], "2": ["network", "string"]}'
        WHEN 'lnrpc.Channel' THEN '{"1": ["active", "bool"], "2": ["remote_pubkey", "string"],
            "3": ["channel_point", "string"], "4": ["chan_id", "uint64"], "5": ["capacity", "int64"],
            "6": ["local_balance", "int64"], "7": ["remote_balance", "int64"], "8": ["commit_fee", "int64"],
            "9": ["commit_weight", "int64"], "10": ["fee_per_kw", "int64"], "11": ["unsettled_balance", "int64"],
            "12": ["total_satoshis_sent", "int64"], "13": ["total_satoshis_received", "int64"],
            "14": ["num_updates", "uint64"], "15": ["pending_htlcs", "lnrpc.HTLC", true],
            "16": ["csv_delay", "uint32"], "17": ["private", "bool"], "18": ["initiator", "bool"],
            "19": ["chan_status_flags", "string"], "20": ["local_chan_reserve_sat", "int64"],
            "21": ["remote_chan_reserve_sat", "int64"], "22": ["static_remote_key", "bool"],
            "23": ["lifetime", "int64"], "24": ["uptime", "int64"], "25": ["close_address", "string"],
            "26": ["commitment_type", "lnrpc.CommitmentType"], "27": ["push_amount_sat", "uint64"],
            "28": ["thaw_height", "uint32"], "29": ["local_constraints", "lnrpc.ChannelConstraints"],
            "30": ["remote_constraints", "lnrpc.ChannelConstraints"], "31": ["alias_scids", "uint64", true],
            "32": ["zero_conf", "bool"], "33": ["zero_conf_confirmed_scid", "uint64"],
            "34": ["peer_alias", "string"], "35": ["peer_scid_alias", "uint64"], "36": ["memo", "string"],
            "37": ["custom_channel_data", "bytes"]}'
        WHEN 'lnrpc.ChannelBalanceResponse' THEN '{"1": ["balance", "int64"],
            "2": ["pending_open_balance", "int64"], "3": ["local_balance", "lnrpc.Amount"],
            "4": ["remote_balance", "lnrpc.Amount"], "5": ["unsettled_local_balance", "lnrpc.Amount"],
            "6": ["unsettled_remote_balance", "lnrpc.Amount"], "7": ["pending_open_local_balance", "lnrpc.Amount"],
            "8": ["pending_open_remote_balance", "lnrpc.Amount"], "9": ["custom_channel_data", "bytes"]}'
        WHEN 'lnrpc.ChannelCloseSummary' THEN '{"1": ["channel_point", "string"], "2": ["chan_id", "uint64"],
            "3": ["chain_hash", "string"], "4": ["closing_tx_hash", "string"], "5": ["remote_pubkey", "string"],
            "6": ["capacity", "int64"], "7": ["close_height", "uint32"], "8": ["settled_balance", "int64"],
            "9": ["time_locked_balance", "int64"], "10": ["close_type", "lnrpc.ChannelCloseSummary.ClosureType"],
            "11": ["open_initiator", "lnrpc.Initiator"], "12": ["close_initiator", "lnrpc.Initiator"],
            "13": ["resolutions", "lnrpc.Resolution", true], "14": ["alias_scids", "uint64", true],
            "15": ["zero_conf_confirmed_scid", "uint64"], "16": ["custom_channel_data", "bytes"]}'
        WHEN 'lnrpc.ChannelCommitUpdate' THEN '{"1": ["channel", "lnrpc.Channel"]}'
        WHEN 'lnrpc.ChannelConstraints' THEN '{"1": ["csv_delay", "uint32"], "2": ["chan_reserve_sat", "uint64"],
            "3": ["dust_limit_sat", "uint64"], "4": ["max_pending_amt_msat", "uint64"],
            "5": ["min_htlc_msat", "uint64"], "6": ["max_accepted_htlcs", "uint32"]}'
        WHEN 'lnrpc.ChannelEventUpdate' THEN '{"1": ["open_channel", "lnrpc.Channel"],
            "2": ["closed_channel", "lnrpc.ChannelCloseSummary"], "3": ["active_channel", "lnrpc.ChannelPoint"],
            "4": ["inactive_channel", "lnrpc.ChannelPoint"], "5": ["type", "lnrpc.ChannelEventUpdate.UpdateType"],
            "6": ["pending_open_channel", "lnrpc.PendingUpdate"],
            "7": ["fully_resolved_channel", "lnrpc.ChannelPoint"],
            "8": ["channel_funding_timeout", "lnrpc.ChannelPoint"],
            "9": ["updated_channel", "lnrpc.ChannelCommitUpdate"]}'
        WHEN 'lnrpc.ChannelPoint' THEN '{"1": ["funding_txid_bytes", "bytes"], "2": ["funding_txid_str", "string"],
            "3": ["output_index", "uint32"]}'
        WHEN 'lnrpc.ClosedChannelsResponse' THEN '{"1": ["channels", "lnrpc.ChannelCloseSummary", true]}'
        WHEN 'lnrpc.Failure' THEN '{"1": ["code", "lnrpc.Failure.FailureCode"], "4": ["htlc_msat", "uint64"],
            "5": ["onion_sha_256", "bytes"], "6": ["cltv_expiry", "uint32"], "7": ["flags", "uint32"],
            "8": ["failure_source_index", "uint32"], "9": ["height", "uint32"]}'
        WHEN 'lnrpc.ForwardingEvent' THEN '{"1": ["timestamp", "uint64"], "2": ["chan_id_in", "uint64"],
            "4": ["chan_id_out", "uint64"], "5": ["amt_in", "uint64"], "6": ["amt_out", "uint64"],
            "7": ["fee", "uint64"], "8": ["fee_msat", "uint64"], "9": ["amt_in_msat", "uint64"],
            "10": ["amt_out_msat", "uint64"], "11": ["timestamp_ns", "uint64"], "12": ["peer_alias_in", "string"],
            "13": ["peer_alias_out", "string"], "14": ["incoming_htlc_id", "uint64"],
            "15": ["outgoing_htlc_id", "uint64"]}'
        WHEN 'lnrpc.ForwardingHistoryResponse' THEN '{"1": ["forwarding_events", "lnrpc.ForwardingEvent", true],
            "2": ["last_offset_index", "uint32"]}'
        WHEN 'lnrpc.GetInfoResponse' THEN '{"1": ["identity_pubkey", "string"], "2": ["alias", "string"],
            "3": ["num_pending_channels", "uint32"], "4": ["num_active_channels", "uint32"],
            "5": ["num_peers", "uint32"], "6": ["block_height", "uint32"], "8": ["block_hash", "string"],
            "9": ["synced_to_chain", "bool"], "10": ["testnet", "bool"], "12": ["uris", "string", true],
            "13": ["best_header_timestamp", "int64"], "14": ["version", "string"],
            "15": ["num_inactive_channels", "uint32"], "16": ["chains", "lnrpc.Chain", true],
            "17": ["color", "string"], "18": ["synced_to_graph", "bool"], "20": ["commit_hash", "string"],
            "21": ["require_htlc_interceptor", "bool"], "22": ["store_final_htlc_resolutions", "bool"],
            "23": ["wallet_synced", "bool"], "24": ["graph_cache_status", "lnrpc.GraphCacheStatus"]}'
        WHEN 'lnrpc.GetStateResponse' THEN '{"1": ["state", "lnrpc.WalletState"]}'
        WHEN 'lnrpc.HTLC' THEN '{"1": ["incoming", "bool"], "2": ["amount", "int64"], "3": ["hash_lock", "bytes"],
            "4": ["expiration_height", "uint32"], "5": ["htlc_index", "uint64"],
            "6": ["forwarding_channel", "uint64"], "7": ["forwarding_htlc_index", "uint64"],
            "8": ["locked_in", "bool"]}'
        WHEN 'lnrpc.HTLCAttempt' THEN '{"1": ["status", "lnrpc.HTLCAttempt.HTLCStatus"],
            "2": ["route", "lnrpc.Route"], "3": ["attempt_time_ns", "int64"], "4": ["resolve_time_ns", "int64"],
            "5": ["failure", "lnrpc.Failure"], "6": ["preimage", "bytes"], "7": ["attempt_id", "uint64"]}'
        WHEN 'lnrpc.Hop' THEN '{"1": ["chan_id", "uint64"], "2": ["chan_capacity", "int64"],
            "3": ["amt_to_forward", "int64"], "4": ["fee", "int64"], "5": ["expiry", "uint32"],
            "6": ["amt_to_forward_msat", "int64"], "7": ["fee_msat", "int64"], "8": ["pub_key", "string"],
            "9": ["tlv_payload", "bool"], "10": ["mpp_record", "lnrpc.MPPRecord"],
            "11": ["custom_records", "lnrpc.Hop.CustomRecordsEntry", true], "12": ["amp_record", "lnrpc.AMPRecord"],
            "13": ["metadata", "bytes"], "14": ["blinding_point", "bytes"], "15": ["encrypted_data", "bytes"],
            "16": ["total_amt_msat", "uint64"]}'
        WHEN 'lnrpc.Hop.CustomRecordsEntry' THEN '{"1": ["key", "uint64"], "2": ["value", "bytes"]}'
        WHEN 'lnrpc.Invoice' THEN '{"1": ["memo", "string"], "3": ["r_preimage", "bytes"], "4": ["r_hash", "bytes"],
            "5": ["value", "int64"], "6": ["settled", "bool"], "7": ["creation_date", "int64"],
            "8": ["settle_date", "int64"], "9": ["payment_request", "string"], "10": ["description_hash", "bytes"],
            "11": ["expiry", "int64"], "12": ["fallback_addr", "string"], "13": ["cltv_expiry", "uint64"],
            "15": ["private", "bool"], "16": ["add_index", "uint64"], "17": ["settle_index", "uint64"],
            "18": ["amt_paid", "int64"], "19": ["amt_paid_sat", "int64"], "20": ["amt_paid_msat", "int64"],
            "21": ["state", "lnrpc.Invoice.InvoiceState"], "22": ["htlcs", "lnrpc.InvoiceHTLC", true],
            "23": ["value_msat", "int64"], "25": ["is_keysend", "bool"], "26": ["payment_addr", "bytes"],
            "27": ["is_amp", "bool"], "28": ["amp_invoice_state", "lnrpc.Invoice.AmpInvoiceStateEntry", true],
            "29": ["is_blinded", "bool"]}'
        WHEN 'lnrpc.Invoice.AmpInvoiceStateEntry' THEN '{"1": ["key", "string"],
            "2": ["value", "lnrpc.AMPInvoiceState"]}'
        WHEN 'lnrpc.InvoiceHTLC' THEN '{"1": ["chan_id", "uint64"], "2": ["htlc_index", "uint64"],
            "3": ["amt_msat", "uint64"], "4": ["accept_height", "int32"], "5": ["accept_time", "int64"],
            "6": ["resolve_time", "int64"], "7": ["expiry_height", "int32"],
            "8": ["state", "lnrpc.InvoiceHTLCState"],
            "9": ["custom_records", "lnrpc.InvoiceHTLC.CustomRecordsEntry", true],
            "10": ["mpp_total_amt_msat", "uint64"], "11": ["amp", "lnrpc.AMP"],
            "12": ["custom_channel_data", "bytes"]}'
        WHEN 'lnrpc.InvoiceHTLC.CustomRecordsEntry' THEN '{"1": ["key", "uint64"], "2": ["value", "bytes"]}'
        WHEN 'lnrpc.InvoiceSubscription' THEN '{"1": ["add_index", "uint64"], "2": ["settle_index", "uint64"]}'
        WHEN 'lnrpc.ListChannelsResponse' THEN '{"11": ["channels", "lnrpc.Channel", true]}'
        WHEN 'lnrpc.ListInvoiceResponse' THEN '{"1": ["invoices", "lnrpc.Invoice", true],
            "2": ["last_index_offset", "uint64"], "3": ["first_index_offset", "uint64"]}'
        WHEN 'lnrpc.ListPaymentsResponse' THEN '{"1": ["payments", "lnrpc.Payment", true],
            "2": ["first_index_offset", "uint64"], "3": ["last_index_offset", "uint64"],
            "4": ["total_num_payments", "uint64"]}'
        WHEN 'lnrpc.MPPRecord' THEN '{"10": ["total_amt_msat", "int64"], "11": ["payment_addr", "bytes"]}'
        WHEN 'lnrpc.OutPoint' THEN '{"1": ["txid_bytes", "bytes"], "2": ["txid_str", "string"],
            "3": ["output_index", "uint32"]}'
        WHEN 'lnrpc.OutputDetail' THEN '{"1": ["output_type", "lnrpc.OutputScriptType"], "2": ["address", "string"],
            "3": ["pk_script", "string"], "4": ["output_index", "int64"], "5": ["amount", "int64"],
            "6": ["is_our_address", "bool"]}'
        WHEN 'lnrpc.Payment' THEN '{"1": ["payment_hash", "string"], "2": ["value", "int64"],
            "3": ["creation_date", "int64"], "5": ["fee", "int64"], "6": ["payment_preimage", "string"],
            "7": ["value_sat", "int64"], "8": ["value_msat", "int64"], "9": ["payment_request", "string"],
            "10": ["status", "lnrpc.Payment.PaymentStatus"], "11": ["fee_sat", "int64"],
            "12": ["fee_msat", "int64"], "13": ["creation_time_ns", "int64"],
            "14": ["htlcs", "lnrpc.HTLCAttempt", true], "15": ["payment_index", "uint64"],
            "16": ["failure_reason", "lnrpc.PaymentFailureReason"],
            "17": ["first_hop_custom_records", "lnrpc.Payment.FirstHopCustomRecordsEntry", true]}'
        WHEN 'lnrpc.Payment.FirstHopCustomRecordsEntry' THEN '{"1": ["key", "uint64"], "2": ["value", "bytes"]}'
        WHEN 'lnrpc.PaymentHash' THEN '{"1": ["r_hash_str", "string"], "2": ["r_hash", "bytes"]}'
        WHEN 'lnrpc.PendingChannelsResponse' THEN '{"1": ["total_limbo_balance", "int64"],
            "2": ["pending_open_channels", "lnrpc.PendingChannelsResponse.PendingOpenChannel", true],
            "4": ["pending_force_closing_channels", "lnrpc.PendingChannelsResponse.ForceClosedChannel", true],
            "5": ["waiting_close_channels", "lnrpc.PendingChannelsResponse.WaitingCloseChannel", true]}'
        WHEN 'lnrpc.PendingChannelsResponse.Commitments' THEN '{"1": ["local_txid", "string"],
            "2": ["remote_txid", "string"], "3": ["remote_pending_txid", "string"],
            "4": ["local_commit_fee_sat", "uint64"], "5": ["remote_commit_fee_sat", "uint64"],
            "6": ["remote_pending_commit_fee_sat", "uint64"]}'
        WHEN 'lnrpc.PendingChannelsResponse.ForceClosedChannel' THEN '{"1": ["channel", "lnrpc.PendingChannelsResponse.PendingChannel"],
            "2": ["closing_txid", "string"], "3": ["limbo_balance", "int64"], "4": ["maturity_height", "uint32"],
            "5": ["blocks_til_maturity", "int32"], "6": ["recovered_balance", "int64"],
            "8": ["pending_htlcs", "lnrpc.PendingHTLC", true],
            "9": ["anchor", "lnrpc.PendingChannelsResponse.ForceClosedChannel.AnchorState"]}'
        WHEN 'lnrpc.PendingChannelsResponse.PendingChannel' THEN '{"1": ["remote_node_pub", "string"],
            "2": ["channel_point", "string"], "3": ["capacity", "int64"], "4": ["local_balance", "int64"],
            "5": ["remote_balance", "int64"], "6": ["local_chan_reserve_sat", "int64"],
            "7": ["remote_chan_reserve_sat", "int64"], "8": ["initiator", "lnrpc.Initiator"],
            "9": ["commitment_type", "lnrpc.CommitmentType"], "10": ["num_forwarding_packages", "int64"],
            "11": ["chan_status_flags", "string"], "12": ["private", "bool"], "13": ["memo", "string"],
            "34": ["custom_channel_data", "bytes"]}'
        WHEN 'lnrpc.PendingChannelsResponse.PendingOpenChannel' THEN '{"1": ["channel", "lnrpc.PendingChannelsResponse.PendingChannel"],
            "3": ["funding_expiry_blocks", "int32"], "4": ["commit_fee", "int64"], "5": ["commit_weight", "int64"],
            "6": ["fee_per_kw", "int64"], "7": ["confirmations_until_active", "uint32"],
            "8": ["confirmation_height", "uint32"]}'
        WHEN 'lnrpc.PendingChannelsResponse.WaitingCloseChannel' THEN '{"1": ["channel", "lnrpc.PendingChannelsResponse.PendingChannel"],
            "2": ["limbo_balance", "int64"], "3": ["commitments", "lnrpc.PendingChannelsResponse.Commitments"],
            "4": ["closing_txid", "string"], "5": ["closing_tx_hex", "string"],
            "6": ["blocks_til_close_confirmed", "uint32"], "7": ["close_height", "uint32"]}'
        WHEN 'lnrpc.PendingHTLC' THEN '{"1": ["incoming", "bool"], "2": ["amount", "int64"],
            "3": ["outpoint", "string"], "4": ["maturity_height", "uint32"], "5": ["blocks_til_maturity", "int32"],
            "6": ["stage", "uint32"]}'
        WHEN 'lnrpc.PendingUpdate' THEN '{"1": ["txid", "bytes"], "2": ["output_index", "uint32"],
            "3": ["fee_per_vbyte", "int64"], "4": ["local_close_tx", "bool"]}'
        WHEN 'lnrpc.PreviousOutPoint' THEN '{"1": ["outpoint", "string"], "2": ["is_our_output", "bool"]}'
        WHEN 'lnrpc.Resolution' THEN '{"1": ["resolution_type", "lnrpc.ResolutionType"],
            "2": ["outcome", "lnrpc.ResolutionOutcome"], "3": ["outpoint", "lnrpc.OutPoint"],
            "4": ["amount_sat", "uint64"], "5": ["sweep_txid", "string"]}'
        WHEN 'lnrpc.Route' THEN '{"1": ["total_time_lock", "uint32"], "2": ["total_fees", "int64"],
            "3": ["total_amt", "int64"], "4": ["hops", "lnrpc.Hop", true], "5": ["total_fees_msat", "int64"],
            "6": ["total_amt_msat", "int64"], "7": ["first_hop_amount_msat", "int64"],
            "8": ["custom_channel_data", "bytes"]}'
        WHEN 'lnrpc.SubscribeStateResponse' THEN '{"1": ["state", "lnrpc.WalletState"]}'
        WHEN 'lnrpc.Transaction' THEN '{"1": ["tx_hash", "string"], "2": ["amount", "int64"],
            "3": ["num_confirmations", "int32"], "4": ["block_hash", "string"], "5": ["block_height", "int32"],
            "6": ["time_stamp", "int64"], "7": ["total_fees", "int64"], "8": ["dest_addresses", "string", true],
            "9": ["raw_tx_hex", "string"], "10": ["label", "string"],
            "11": ["output_details", "lnrpc.OutputDetail", true],
            "12": ["previous_outpoints", "lnrpc.PreviousOutPoint", true]}'
        WHEN 'lnrpc.TransactionDetails' THEN '{"1": ["transactions", "lnrpc.Transaction", true],
            "2": ["last_index", "uint64"], "3": ["first_index", "uint64"]}'
        WHEN 'lnrpc.WalletAccountBalance' THEN '{"1": ["confirmed_balance", "int64"],
            "2": ["unconfirmed_balance", "int64"]}'
        WHEN 'lnrpc.WalletBalanceResponse' THEN '{"1": ["total_balance", "int64"],
            "2": ["confirmed_balance", "int64"], "3": ["unconfirmed_balance", "int64"],
            "4": ["account_balance", "lnrpc.WalletBalanceResponse.AccountBalanceEntry", true],
            "5": ["locked_balance", "int64"], "6": ["reserved_balance_anchor_chan", "int64"]}'
        WHEN 'lnrpc.WalletBalanceResponse.AccountBalanceEntry' THEN '{"1": ["key", "string"],
            "2": ["value", "lnrpc.WalletAccountBalance"]}'
        WHEN 'tallystick.v1.BalanceRecord' THEN '{"1": ["envelope", "tallystick.v1.Envelope"],
            "2": ["channels", "tallystick.v1.ChannelBalance", true], "3": ["channels_local_msat", "uint64"],
            "4": ["unsettled_incoming_msat", "uint64"], "5": ["unsettled_outgoing_msat", "uint64"],
            "6": ["wallet_total_sat", "uint64"], "7": ["wallet_locked_sat", "uint64"], "8": ["limbo_sat", "uint64"],
            "9": ["block_height", "uint32"]}'
        WHEN 'tallystick.v1.BookEntry' THEN '{"1": ["entry_id", "string"], "2": ["source", "string"],
            "3": ["booked_at_ns", "int64"], "4": ["value_date", "string"], "5": ["kind", "tallystick.v1.EntryKind"],
            "6": ["node", "string"], "7": ["reference", "string"], "8": ["amount_msat", "uint64"],
            "9": ["account", "string"], "10": ["order", "string"], "11": ["reverses", "string"],
            "12": ["memo", "string"], "13": ["references", "tallystick.v1.ReferenceAmount", true],
            "14": ["fee_limit_msat", "uint64"]}'
        WHEN 'tallystick.v1.ChainInput' THEN '{"1": ["outpoint", "string"], "2": ["is_ours", "bool"]}'
        WHEN 'tallystick.v1.ChainOutput' THEN '{"1": ["index", "uint32"], "2": ["amount_sat", "uint64"],
            "3": ["is_ours", "bool"], "4": ["address", "string"]}'
        WHEN 'tallystick.v1.ChainRecord' THEN '{"1": ["envelope", "tallystick.v1.Envelope"],
            "2": ["txid", "string"], "3": ["change_sat", "int64"], "4": ["is_confirmed", "bool"],
            "5": ["block_hash", "string"], "6": ["block_height", "uint32"], "7": ["time", "int64"],
            "8": ["fee_sat", "uint64"], "9": ["label", "string"],
            "10": ["outputs", "tallystick.v1.ChainOutput", true],
            "11": ["inputs", "tallystick.v1.ChainInput", true], "12": ["is_gone", "bool"]}'
        WHEN 'tallystick.v1.ChannelBalance' THEN '{"1": ["channel_point", "string"], "2": ["chan_id", "uint64"],
            "3": ["capacity_sat", "uint64"], "4": ["local_sat", "uint64"], "5": ["remote_sat", "uint64"],
            "6": ["commit_fee_sat", "uint64"], "7": ["we_opened", "bool"], "8": ["num_updates", "uint64"],
            "9": ["pending_htlcs", "uint32"], "10": ["is_quiet", "bool"]}'
        WHEN 'tallystick.v1.ChannelPendingHtlc' THEN '{"1": ["outpoint", "string"], "2": ["is_incoming", "bool"],
            "3": ["amount_sat", "uint64"], "4": ["maturity_height", "uint32"], "5": ["stage", "uint32"]}'
        WHEN 'tallystick.v1.ChannelRecord' THEN '{"1": ["envelope", "tallystick.v1.Envelope"],
            "2": ["channel_point", "string"], "3": ["chan_id", "uint64"], "4": ["alias_chan_ids", "uint64", true],
            "5": ["state", "tallystick.v1.ChannelState"], "6": ["capacity_sat", "uint64"],
            "7": ["push_sat", "uint64"], "8": ["push_known", "bool"], "9": ["opener", "tallystick.v1.Initiator"],
            "10": ["peer", "string"], "11": ["closing_txid", "string"], "12": ["close_type", "string"],
            "13": ["close_height", "uint32"], "14": ["settled_balance_sat", "uint64"],
            "15": ["time_locked_balance_sat", "uint64"],
            "16": ["resolutions", "tallystick.v1.ChannelResolution", true], "17": ["limbo_sat", "uint64"],
            "18": ["recovered_sat", "uint64"], "19": ["maturity_height", "uint32"],
            "20": ["pending_htlcs", "tallystick.v1.ChannelPendingHtlc", true]}'
        WHEN 'tallystick.v1.ChannelResolution' THEN '{"1": ["type", "string"], "2": ["outcome", "string"],
            "3": ["outpoint", "string"], "4": ["amount_sat", "uint64"], "5": ["sweep_txid", "string"]}'
        WHEN 'tallystick.v1.CoverageGap' THEN '{"1": ["kind", "tallystick.v1.CoverageGap.Kind"],
            "2": ["from", "uint64"], "3": ["to", "uint64"], "4": ["state", "tallystick.v1.CoverageGap.State"]}'
        WHEN 'tallystick.v1.CoverageRecord' THEN '{"1": ["node", "string"], "2": ["stream", "tallystick.v1.Stream"],
            "3": ["proven_until_ns", "int64"], "4": ["seen_at_ns", "int64"], "5": ["index_epoch", "uint32"],
            "6": ["block_height", "uint32"], "7": ["partition", "int32"],
            "8": ["below", "tallystick.v1.TopicOffset", true], "9": ["alias", "string"],
            "10": ["gaps", "tallystick.v1.CoverageGap", true], "11": ["rescanned_until_ns", "int64"]}'
        WHEN 'tallystick.v1.Decision' THEN '{"1": ["decision_id", "string"], "2": ["mismatch_id", "string"],
            "3": ["kind", "tallystick.v1.DecisionKind"], "4": ["person", "string"], "5": ["reason", "string"],
            "6": ["decided_at_ns", "int64"], "7": ["reference", "string"], "8": ["node", "string"],
            "9": ["until_ns", "int64"], "10": ["adjustment_msat", "int64"], "11": ["account", "string"],
            "12": ["assignee", "string"], "13": ["approves", "string"], "14": ["rule_version", "uint32"],
            "15": ["seen_amount_msat", "uint64"], "16": ["alternative", "string"]}'
        WHEN 'tallystick.v1.Envelope' THEN '{"1": ["node", "string"], "2": ["observed_at_ns", "int64"],
            "3": ["source", "tallystick.v1.Source"], "4": ["index_epoch", "uint32"],
            "5": ["node_version", "string"], "6": ["node_message_type", "string"], "7": ["node_message", "bytes"]}'
        WHEN 'tallystick.v1.ForwardRecord' THEN '{"1": ["envelope", "tallystick.v1.Envelope"],
            "2": ["chan_id_in", "uint64"], "3": ["chan_id_out", "uint64"], "4": ["htlc_id_in", "uint64"],
            "5": ["has_htlc_id", "bool"], "6": ["htlc_id_out", "uint64"], "7": ["amount_in_msat", "uint64"],
            "8": ["amount_out_msat", "uint64"], "9": ["settled_at_ns", "int64"], "10": ["legacy_id", "string"]}'
        WHEN 'tallystick.v1.InvoiceRecord' THEN '{"1": ["envelope", "tallystick.v1.Envelope"],
            "2": ["payment_hash", "bytes"], "3": ["is_amp_set", "bool"], "4": ["is_amp", "bool"],
            "5": ["is_spontaneous", "bool"], "6": ["state", "tallystick.v1.ReceiptState"],
            "7": ["requested_msat", "uint64"], "8": ["received_msat", "uint64"], "9": ["created_at", "int64"],
            "10": ["settled_at", "int64"], "11": ["expiry_seconds", "int64"],
            "12": ["htlcs", "tallystick.v1.ReceiptHtlc", true], "13": ["add_index", "uint64"],
            "14": ["settle_index", "uint64"], "15": ["memo", "string"], "16": ["settled_sets", "uint32"],
            "17": ["payment_addr", "bytes"]}'
        WHEN 'tallystick.v1.Mismatch' THEN '{"1": ["mismatch_id", "string"], "2": ["code", "string"],
            "3": ["node", "string"], "4": ["reference", "string"], "5": ["amount_msat", "uint64"],
            "6": ["residue_msat", "int64"], "7": ["severity", "tallystick.v1.Severity"],
            "8": ["state", "tallystick.v1.MismatchState"], "9": ["since_ns", "int64"],
            "10": ["explanation", "string"], "11": ["episode", "uint32"], "12": ["rule_version", "uint32"],
            "13": ["order", "string"], "14": ["node_msat", "int64"], "15": ["books_msat", "int64"],
            "16": ["account", "string"]}'
        WHEN 'tallystick.v1.MismatchChange' THEN '{"1": ["mismatch_id", "string"],
            "2": ["before", "tallystick.v1.Mismatch"], "3": ["after", "tallystick.v1.Mismatch"],
            "4": ["cause", "string"], "5": ["ledger_sequence", "int64"], "6": ["ordinal", "int32"],
            "7": ["evidence", "string", true], "8": ["person", "string"], "9": ["decision_id", "string"]}'
        WHEN 'tallystick.v1.PaymentAttempt' THEN '{"1": ["attempt_id", "uint64"],
            "2": ["state", "tallystick.v1.HtlcState"], "3": ["chan_id", "uint64"], "4": ["total_msat", "uint64"],
            "5": ["fee_msat", "uint64"], "6": ["sent_at_ns", "int64"], "7": ["resolved_at_ns", "int64"],
            "8": ["expiry_height", "uint32"]}'
        WHEN 'tallystick.v1.PaymentRecord' THEN '{"1": ["envelope", "tallystick.v1.Envelope"],
            "2": ["payment_hash", "bytes"], "3": ["state", "tallystick.v1.PaymentState"],
            "4": ["amount_msat", "uint64"], "5": ["fee_msat", "uint64"], "6": ["created_at_ns", "int64"],
            "7": ["resolved_at_ns", "int64"], "8": ["attempts", "tallystick.v1.PaymentAttempt", true],
            "9": ["payment_index", "uint64"], "10": ["failure_reason", "string"]}'
        WHEN 'tallystick.v1.ReceiptHtlc' THEN '{"1": ["chan_id", "uint64"], "2": ["htlc_index", "uint64"],
            "3": ["amount_msat", "uint64"], "4": ["state", "tallystick.v1.HtlcState"],
            "5": ["total_msat", "uint64"], "6": ["accepted_at", "int64"], "7": ["resolved_at", "int64"],
            "8": ["expiry_height", "uint32"]}'
        WHEN 'tallystick.v1.ReferenceAmount' THEN '{"1": ["reference", "string"], "2": ["amount_msat", "uint64"]}'
        WHEN 'tallystick.v1.TopicOffset' THEN '{"1": ["topic", "string"], "2": ["end_offset", "int64"]}'
    END::jsonb;

-- Values of an enum by number; NULL where the name is of no enum.
CREATE FUNCTION audit.enum_values(enum text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE enum
        WHEN 'lnrpc.ChannelCloseSummary.ClosureType' THEN '{"0": "COOPERATIVE_CLOSE", "1": "LOCAL_FORCE_CLOSE",
            "2": "REMOTE_FORCE_CLOSE", "3": "BREACH_CLOSE", "4": "FUNDING_CANCELED", "5": "ABANDONED"}'
        WHEN 'lnrpc.ChannelEventUpdate.UpdateType' THEN '{"0": "OPEN_CHANNEL", "1": "CLOSED_CHANNEL",
            "2": "ACTIVE_CHANNEL", "3": "INACTIVE_CHANNEL", "4": "PENDING_OPEN_CHANNEL",
            "5": "FULLY_RESOLVED_CHANNEL", "6": "CHANNEL_FUNDING_TIMEOUT", "7": "CHANNEL_UPDATE"}'
        WHEN 'lnrpc.CommitmentType' THEN '{"0": "UNKNOWN_COMMITMENT_TYPE", "1": "LEGACY", "2": "STATIC_REMOTE_KEY",
            "3": "ANCHORS", "4": "SCRIPT_ENFORCED_LEASE", "5": "SIMPLE_TAPROOT", "6": "SIMPLE_TAPROOT_OVERLAY",
            "7": "TAPROOT"}'
        WHEN 'lnrpc.Failure.FailureCode' THEN '{"0": "RESERVED", "1": "INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS",
            "2": "INCORRECT_PAYMENT_AMOUNT", "3": "FINAL_INCORRECT_CLTV_EXPIRY", "4": "FINAL_INCORRECT_HTLC_AMOUNT",
            "5": "FINAL_EXPIRY_TOO_SOON", "6": "INVALID_REALM", "7": "EXPIRY_TOO_SOON",
            "8": "INVALID_ONION_VERSION", "9": "INVALID_ONION_HMAC", "10": "INVALID_ONION_KEY",
            "11": "AMOUNT_BELOW_MINIMUM", "12": "FEE_INSUFFICIENT", "13": "INCORRECT_CLTV_EXPIRY",
            "14": "CHANNEL_DISABLED", "15": "TEMPORARY_CHANNEL_FAILURE", "16": "REQUIRED_NODE_FEATURE_MISSING",
            "17": "REQUIRED_CHANNEL_FEATURE_MISSING", "18": "UNKNOWN_NEXT_PEER", "19": "TEMPORARY_NODE_FAILURE",
            "20": "PERMANENT_NODE_FAILURE", "21": "PERMANENT_CHANNEL_FAILURE", "22": "EXPIRY_TOO_FAR",
            "23": "MPP_TIMEOUT", "24": "INVALID_ONION_PAYLOAD", "25": "INVALID_ONION_BLINDING",
            "997": "INTERNAL_FAILURE", "998": "UNKNOWN_FAILURE", "999": "UNREADABLE_FAILURE"}'
        WHEN 'lnrpc.GraphCacheStatus' THEN '{"0": "GRAPH_CACHE_STATUS_DISABLED", "1": "GRAPH_CACHE_STATUS_LOADING",
            "2": "GRAPH_CACHE_STATUS_LOADED", "3": "GRAPH_CACHE_STATUS_FAILED"}'
        WHEN 'lnrpc.HTLCAttempt.HTLCStatus' THEN '{"0": "IN_FLIGHT", "1": "SUCCEEDED", "2": "FAILED"}'
        WHEN 'lnrpc.Initiator' THEN '{"0": "INITIATOR_UNKNOWN", "1": "INITIATOR_LOCAL", "2": "INITIATOR_REMOTE",
            "3": "INITIATOR_BOTH"}'
        WHEN 'lnrpc.Invoice.InvoiceState' THEN '{"0": "OPEN", "1": "SETTLED", "2": "CANCELED", "3": "ACCEPTED"}'
        WHEN 'lnrpc.InvoiceHTLCState' THEN '{"0": "ACCEPTED", "1": "SETTLED", "2": "CANCELED"}'
        WHEN 'lnrpc.OutputScriptType' THEN '{"0": "SCRIPT_TYPE_PUBKEY_HASH", "1": "SCRIPT_TYPE_SCRIPT_HASH",
            "2": "SCRIPT_TYPE_WITNESS_V0_PUBKEY_HASH", "3": "SCRIPT_TYPE_WITNESS_V0_SCRIPT_HASH",
            "4": "SCRIPT_TYPE_PUBKEY", "5": "SCRIPT_TYPE_MULTISIG", "6": "SCRIPT_TYPE_NULLDATA",
            "7": "SCRIPT_TYPE_NON_STANDARD", "8": "SCRIPT_TYPE_WITNESS_UNKNOWN",
            "9": "SCRIPT_TYPE_WITNESS_V1_TAPROOT"}'
        WHEN 'lnrpc.Payment.PaymentStatus' THEN '{"0": "UNKNOWN", "1": "IN_FLIGHT", "2": "SUCCEEDED", "3": "FAILED",
            "4": "INITIATED"}'
        WHEN 'lnrpc.PaymentFailureReason' THEN '{"0": "FAILURE_REASON_NONE", "1": "FAILURE_REASON_TIMEOUT",
            "2": "FAILURE_REASON_NO_ROUTE", "3": "FAILURE_REASON_ERROR",
            "4": "FAILURE_REASON_INCORRECT_PAYMENT_DETAILS", "5": "FAILURE_REASON_INSUFFICIENT_BALANCE",
            "6": "FAILURE_REASON_CANCELED"}'
        WHEN 'lnrpc.PendingChannelsResponse.ForceClosedChannel.AnchorState' THEN '{"0": "LIMBO", "1": "RECOVERED",
            "2": "LOST"}'
        WHEN 'lnrpc.ResolutionOutcome' THEN '{"0": "OUTCOME_UNKNOWN", "1": "CLAIMED", "2": "UNCLAIMED",
            "3": "ABANDONED", "4": "FIRST_STAGE", "5": "TIMEOUT"}'
        WHEN 'lnrpc.ResolutionType' THEN '{"0": "TYPE_UNKNOWN", "1": "ANCHOR", "2": "INCOMING_HTLC",
            "3": "OUTGOING_HTLC", "4": "COMMIT"}'
        WHEN 'lnrpc.WalletState' THEN '{"0": "NON_EXISTING", "1": "LOCKED", "2": "UNLOCKED", "3": "RPC_ACTIVE",
            "4": "SERVER_ACTIVE", "255": "WAITING_TO_START"}'
        WHEN 'tallystick.v1.ChannelState' THEN '{"0": "CHANNEL_STATE_UNSPECIFIED",
            "1": "CHANNEL_STATE_PENDING_OPEN", "2": "CHANNEL_STATE_OPEN", "3": "CHANNEL_STATE_CLOSING",
            "4": "CHANNEL_STATE_FORCE_CLOSING", "5": "CHANNEL_STATE_CLOSED", "6": "CHANNEL_STATE_OPEN_FAILED"}'
        WHEN 'tallystick.v1.CoverageGap.Kind' THEN '{"0": "KIND_UNSPECIFIED", "1": "KIND_ADD_INDEX",
            "2": "KIND_SETTLE_INDEX"}'
        WHEN 'tallystick.v1.CoverageGap.State' THEN '{"0": "STATE_UNSPECIFIED", "1": "STATE_UNPROVEN",
            "2": "STATE_CLOSED", "3": "STATE_EMPTY"}'
        WHEN 'tallystick.v1.DecisionKind' THEN '{"0": "DECISION_KIND_UNSPECIFIED", "1": "DECISION_KIND_RESOLVE",
            "2": "DECISION_KIND_IGNORE", "3": "DECISION_KIND_ADJUST", "4": "DECISION_KIND_COMMENT",
            "5": "DECISION_KIND_ASSIGN", "6": "DECISION_KIND_APPROVE", "7": "DECISION_KIND_CONFIRM_MATCH"}'
        WHEN 'tallystick.v1.EntryKind' THEN '{"0": "ENTRY_KIND_UNSPECIFIED", "1": "ENTRY_KIND_RECEIPT",
            "2": "ENTRY_KIND_PAYMENT", "3": "ENTRY_KIND_ROUTING_FEE", "4": "ENTRY_KIND_ROUTING_INCOME",
            "5": "ENTRY_KIND_REBALANCE_FEE", "6": "ENTRY_KIND_HOLD", "7": "ENTRY_KIND_HOLD_RELEASE",
            "8": "ENTRY_KIND_CHAIN_RECEIPT", "9": "ENTRY_KIND_CHAIN_PAYMENT", "10": "ENTRY_KIND_CHAIN_FEE",
            "11": "ENTRY_KIND_CHANNEL_OPEN", "12": "ENTRY_KIND_CHANNEL_CLOSE", "13": "ENTRY_KIND_ADJUSTMENT_IN",
            "14": "ENTRY_KIND_ADJUSTMENT_OUT", "15": "ENTRY_KIND_REVERSAL"}'
        WHEN 'tallystick.v1.HtlcState' THEN '{"0": "HTLC_STATE_UNSPECIFIED", "1": "HTLC_STATE_IN_FLIGHT",
            "2": "HTLC_STATE_SETTLED", "3": "HTLC_STATE_FAILED"}'
        WHEN 'tallystick.v1.Initiator' THEN '{"0": "INITIATOR_UNSPECIFIED", "1": "INITIATOR_LOCAL",
            "2": "INITIATOR_REMOTE", "3": "INITIATOR_BOTH"}'
        WHEN 'tallystick.v1.MismatchState' THEN '{"0": "MISMATCH_STATE_UNSPECIFIED", "1": "MISMATCH_STATE_OPEN",
            "2": "MISMATCH_STATE_CLOSED", "3": "MISMATCH_STATE_RESOLVED", "4": "MISMATCH_STATE_IGNORED"}'
        WHEN 'tallystick.v1.PaymentState' THEN '{"0": "PAYMENT_STATE_UNSPECIFIED", "1": "PAYMENT_STATE_INITIATED",
            "2": "PAYMENT_STATE_IN_FLIGHT", "3": "PAYMENT_STATE_SUCCEEDED", "4": "PAYMENT_STATE_FAILED"}'
        WHEN 'tallystick.v1.ReceiptState' THEN '{"0": "RECEIPT_STATE_UNSPECIFIED", "1": "RECEIPT_STATE_OPEN",
            "2": "RECEIPT_STATE_ACCEPTED", "3": "RECEIPT_STATE_SETTLED", "4": "RECEIPT_STATE_CANCELED"}'
        WHEN 'tallystick.v1.Severity' THEN '{"0": "SEVERITY_UNSPECIFIED", "1": "SEVERITY_INFORMATION",
            "2": "SEVERITY_LOW", "3": "SEVERITY_MEDIUM", "4": "SEVERITY_HIGH", "5": "SEVERITY_CRITICAL"}'
        WHEN 'tallystick.v1.Source' THEN '{"0": "SOURCE_UNSPECIFIED", "1": "SOURCE_STREAM", "2": "SOURCE_BACKFILL",
            "3": "SOURCE_SWEEP"}'
        WHEN 'tallystick.v1.Stream' THEN '{"0": "STREAM_UNSPECIFIED", "1": "STREAM_INVOICES",
            "2": "STREAM_PAYMENTS", "3": "STREAM_CHANNELS", "4": "STREAM_FORWARDS", "5": "STREAM_CHAIN",
            "6": "STREAM_BALANCES"}'
    END::jsonb;

-- A number as protobuf writes it, seven bits a byte from the lowest, and where it ends.
CREATE FUNCTION audit.varint(bytes bytea, at integer, OUT value numeric, OUT ends_at integer)
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    low bigint := 0;
    one integer;
BEGIN
    ends_at := at;
    LOOP
        IF ends_at >= octet_length(bytes) OR ends_at - at > 9 THEN
            RAISE EXCEPTION 'varint: none at byte % (expected: at most ten bytes, the last below 128)', at;
        END IF;
        one := get_byte(bytes, ends_at);
        low := low | ((one & 127)::bigint << (7 * (ends_at - at)));
        ends_at := ends_at + 1;
        EXIT WHEN one < 128;
    END LOOP;
    value := CASE WHEN low < 0 THEN low + 18446744073709551616::numeric ELSE low END;
END
$$;

-- What a number means in a field of the given type.
CREATE FUNCTION audit.decoded_number(type text, value numeric) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN type = 'bool' THEN to_jsonb(value <> 0)
        WHEN type IN ('int32', 'int64') AND value >= 9223372036854775808 THEN to_jsonb(value - 18446744073709551616)
        WHEN type IN ('sint32', 'sint64') THEN to_jsonb(CASE WHEN mod(value, 2) = 0 THEN div(value, 2) ELSE -div(value + 1, 2) END)
        ELSE COALESCE(audit.enum_values(type) -> value::text, to_jsonb(value))
    END;

-- The message as JSON: names as in the .proto files, bytes in hex, enums by name; what is 0 or empty is left out, as it is in
-- the bytes. A field that is not known stands under its number. In an envelope, `node_says` is the node's own message.
CREATE FUNCTION audit.decoded(message text, bytes bytea) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE
    fields CONSTANT jsonb := COALESCE(audit.message_fields(message), '{}');
    length CONSTANT integer := octet_length(bytes);
    result jsonb := '{}';
    own_bytes bytea;
    at integer := 0;
    number numeric;
    wire integer;
    width integer;
    field jsonb;
    name text;
    type text;
    chunk bytea;
    value jsonb;
    several jsonb;
BEGIN
    WHILE at < length LOOP
        SELECT div(one.value, 8), mod(one.value, 8), one.ends_at INTO number, wire, at FROM audit.varint(bytes, at) AS one;
        field := fields -> number::text;
        name := COALESCE(field ->> 0, number::text);
        type := COALESCE(field ->> 1, '');
        several := NULL;
        IF wire = 0 THEN
            SELECT audit.decoded_number(type, one.value), one.ends_at INTO value, at FROM audit.varint(bytes, at) AS one;
        ELSIF wire IN (1, 5) THEN
            width := 9 - wire; -- 8 or 4 bytes.
            IF at + width > length THEN
                RAISE EXCEPTION '%: ends within field % (expected: % more bytes)', message, name, at + width - length;
            END IF;
            chunk := substring(bytes FROM at + 1 FOR width);
            value := to_jsonb(encode(chunk, 'hex'));
            at := at + octet_length(chunk);
        ELSIF wire = 2 THEN
            SELECT substring(bytes FROM one.ends_at + 1 FOR one.value::integer), one.ends_at + one.value::integer
              INTO chunk, at FROM audit.varint(bytes, at) AS one;
            IF at > length THEN
                RAISE EXCEPTION '%: ends within field % (expected: % more bytes)', message, name, at - length;
            END IF;
            IF type = 'string' THEN
                value := to_jsonb(convert_from(chunk, 'UTF8'));
            ELSIF type IN ('', 'bytes') THEN
                value := to_jsonb(encode(chunk, 'hex'));
            ELSIF audit.message_fields(type) IS NOT NULL THEN
                value := audit.decoded(type, chunk);
            ELSE
                WITH RECURSIVE packed AS (
                    SELECT one.value, one.ends_at, 1 AS place FROM audit.varint(chunk, 0) AS one WHERE octet_length(chunk) > 0
                    UNION ALL
                    SELECT one.value, one.ends_at, packed.place + 1
                      FROM packed
                      CROSS JOIN LATERAL audit.varint(chunk, packed.ends_at) AS one
                     WHERE packed.ends_at < octet_length(chunk)
                )
                SELECT COALESCE(jsonb_agg(audit.decoded_number(type, packed.value) ORDER BY packed.place), '[]')
                  INTO several FROM packed;
            END IF;
        ELSE
            RAISE EXCEPTION '%: wire type % at byte % (expected: 0, 1, 2 or 5)', message, wire, at;
        END IF;
        IF field ->> 2 = 'true' THEN
            several := COALESCE(several, jsonb_build_array(value));
            result := result || jsonb_build_object(name, COALESCE(result -> name, '[]') || several);
        ELSIF field IS NULL AND result ? name THEN
            result := result || jsonb_build_object(name, (result -> name) || value);
        ELSE
            result := result || jsonb_build_object(name, value);
        END IF;
        IF message = 'tallystick.v1.Envelope' AND name = 'node_message' THEN
            own_bytes := chunk;
        END IF;
    END LOOP;
    IF audit.message_fields(result ->> 'node_message_type') IS NOT NULL THEN
        result := result || jsonb_build_object('node_says', audit.decoded(result ->> 'node_message_type', own_bytes));
    END IF;
    RETURN result;
END
$$;

-- The message that a topic's records are, whatever the topic's prefix.
CREATE FUNCTION audit.record_type(topic text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE substring(topic FROM '([a-z-]+)\.v1$')
        WHEN 'invoices' THEN 'tallystick.v1.InvoiceRecord'
        WHEN 'payments' THEN 'tallystick.v1.PaymentRecord'
        WHEN 'forwards' THEN 'tallystick.v1.ForwardRecord'
        WHEN 'channels' THEN 'tallystick.v1.ChannelRecord'
        WHEN 'chain' THEN 'tallystick.v1.ChainRecord'
        WHEN 'balances' THEN 'tallystick.v1.BalanceRecord'
        WHEN 'coverage' THEN 'tallystick.v1.CoverageRecord'
        WHEN 'books' THEN 'tallystick.v1.BookEntry'
        WHEN 'decisions' THEN 'tallystick.v1.Decision'
    END;

CREATE OR REPLACE VIEW audit.evidence AS
SELECT batch.sequence, evidence.ordinal, item.key_text AS item, evidence.topic, evidence.partition_number,
       evidence.record_offset, evidence.node, evidence.observed_at, evidence.digest, evidence.bytes,
       encode(item.item_key, 'hex') AS item_key,
       CASE audit.record_type(evidence.topic) WHEN 'tallystick.v1.BookEntry' THEN 'BOOKS' WHEN 'tallystick.v1.Decision' THEN 'PEOPLE' ELSE 'NODE' END AS half,
       audit.decoded(audit.record_type(evidence.topic), evidence.bytes) AS record
  FROM ledger.item
  JOIN ledger.evidence ON evidence.batch_id = ANY (item.batch_ids) AND evidence.item_key = item.item_key
                      AND item.item_key BETWEEN evidence.first_key AND evidence.last_key
  JOIN ledger.batch ON batch.batch_id = evidence.batch_id;
COMMENT ON VIEW audit.evidence IS 'Every record that changed an item: the bytes as they came, and what they say; half is who said it';

CREATE VIEW audit.mismatch_changes AS
SELECT batch.sequence, change.ordinal, batch.decided_at, encode(change.mismatch_id, 'hex') AS mismatch_id, change.cause,
       audit.decoded('tallystick.v1.Mismatch', change.before) AS before, audit.decoded('tallystick.v1.Mismatch', change.after) AS after
  FROM register.change
  JOIN ledger.batch USING (batch_id);
COMMENT ON VIEW audit.mismatch_changes IS 'Every step in the life of every mismatch, in the order of (sequence, ordinal); before is NULL when it is new. Unit: msat';

CREATE OR REPLACE VIEW audit.decisions AS
SELECT batch.sequence, decision.decision_id, encode(decision.mismatch_id, 'hex') AS mismatch_id, decision.bytes,
       audit.decoded('tallystick.v1.Decision', decision.bytes) AS decision
  FROM register.decision
  JOIN ledger.batch USING (batch_id);
COMMENT ON VIEW audit.decisions IS 'What people decided, at which ledger sequence it took effect, and what it says';

CREATE VIEW audit.quarantine AS
SELECT batch.sequence, quarantine.ordinal, quarantine.topic, quarantine.partition_number, quarantine.record_offset,
       quarantine.reason, quarantine.record_key, quarantine.record_value
  FROM ledger.quarantine
  JOIN ledger.batch USING (batch_id);
COMMENT ON VIEW audit.quarantine IS 'Records that could not be applied, with the reason and the bytes as they came';

GRANT SELECT ON audit.mismatch_changes, audit.quarantine TO tallystick_auditor, tallystick_server;
