-- Where a ledger began with nodes that had a past, what their accounts were opened with is part of what they hold.
CREATE OR REPLACE VIEW ledger.channel_result AS
WITH leg AS MATERIALIZED (
    SELECT item_key, leg, node, part, place, msat FROM ledger.node_leg WHERE part <> 'wallet'
), rebalance AS (
    SELECT item_key
      FROM leg
     GROUP BY item_key
    HAVING bool_or(leg LIKE 'in/%') AND bool_or(leg LIKE 'out/%')
), moved AS (
    SELECT leg.node, leg.place, leg.part, leg.msat,
           CASE WHEN leg.leg LIKE 'in/%' THEN CASE WHEN rebalance.item_key IS NULL THEN 'received' ELSE 'rebalanced in' END
                WHEN leg.leg LIKE 'out/%/amount' THEN CASE WHEN rebalance.item_key IS NULL THEN 'sent' ELSE 'rebalanced out' END
                WHEN leg.leg LIKE 'out/%/fee' THEN 'fee'
                WHEN leg.leg LIKE 'open/%' THEN 'open'
                WHEN leg.leg LIKE 'return/%' THEN 'return'
                WHEN leg.leg = 'forward/on' AND leg.msat > 0 THEN 'forwarded in'
                WHEN leg.leg = 'forward/on' THEN 'forwarded out'
                WHEN leg.leg = 'forward/fee' THEN 'income'
                WHEN leg.leg = 'push' AND leg.msat > 0 THEN 'push in'
                WHEN leg.leg = 'push' THEN 'push out'
                WHEN leg.leg LIKE 'opened%' OR leg.leg = 'cost/open' THEN 'begun'
                ELSE leg.leg -- `limbo`, which stays within the channel, and `cost`
           END AS what
      FROM leg
      LEFT JOIN rebalance USING (item_key)
), share AS (
    -- In equal parts, to the last msat: each opening takes as much of a block as the next. What is left over goes to the first.
    SELECT opening.node, opening.place,
           sum(div(open_fee_msat - rest, openings) + CASE WHEN number <= rest THEN 1 ELSE 0 END) AS msat
      FROM (SELECT leg.node, leg.place, transaction.open_fee_msat,
                   count(*) OVER whole AS openings,
                   row_number() OVER (whole ORDER BY leg.place COLLATE "C") AS number,
                   mod(mod(transaction.open_fee_msat, count(*) OVER whole) + count(*) OVER whole, count(*) OVER whole) AS rest
              FROM leg
              JOIN ledger.node_transaction AS transaction USING (item_key, node)
             WHERE leg.leg LIKE 'open/%'
            WINDOW whole AS (PARTITION BY leg.item_key, leg.node)) AS opening
     GROUP BY opening.node, opening.place
), balance AS (
    SELECT split_part(name, ':', 2) AS node,
           CASE split_part(name, ':', 3) WHEN 'scid' THEN 'scid:' ELSE '' END
               || regexp_replace(name, '^node:[^:]*:[^:]*:?', '') AS place,
           sum(balance_msat) AS msat,
           COALESCE(sum(balance_msat) FILTER (WHERE name LIKE 'node:%:limbo:%'), 0) AS limbo_msat
      FROM ledger.account_balance
     WHERE name LIKE 'node:%:channel:%' OR name LIKE 'node:%:scid:%' OR name LIKE 'node:%:limbo:%'
     GROUP BY 1, 2
), figure AS (
    SELECT node, place,
           COALESCE(sum(msat) FILTER (WHERE what = 'open'), 0) AS opened,
           COALESCE(sum(msat) FILTER (WHERE what = 'push in'), 0) AS push_in,
           COALESCE(-sum(msat) FILTER (WHERE what = 'push out'), 0) AS push_out,
           COALESCE(sum(msat) FILTER (WHERE what = 'received'), 0) AS received,
           COALESCE(-sum(msat) FILTER (WHERE what = 'sent'), 0) AS sent,
           COALESCE(-sum(msat) FILTER (WHERE what = 'fee'), 0) AS fees,
           COALESCE(sum(msat) FILTER (WHERE what = 'rebalanced in'), 0) AS rebalanced_in,
           COALESCE(-sum(msat) FILTER (WHERE what = 'rebalanced out'), 0) AS rebalanced_out,
           COALESCE(sum(msat) FILTER (WHERE what = 'forwarded in'), 0) AS forwarded_in,
           COALESCE(-sum(msat) FILTER (WHERE what = 'forwarded out'), 0) AS forwarded_out,
           COALESCE(sum(msat) FILTER (WHERE what = 'income'), 0) AS income,
           COALESCE(-sum(msat) FILTER (WHERE what = 'return'), 0) AS returned,
           COALESCE(-sum(msat) FILTER (WHERE what = 'cost'), 0) AS cost,
           COALESCE(sum(msat) FILTER (WHERE what = 'begun'), 0) AS begun,
           COALESCE(bool_or(part = 'limbo'), false) AS is_ended
      FROM moved
     GROUP BY node, place
), known AS (
    SELECT node, place FROM figure
    UNION SELECT node, place FROM balance
    UNION SELECT node, channel_point FROM ledger.channel_alias
), result AS (
    SELECT node, place, opened, COALESCE(share.msat, 0) AS open_fee, push_in, push_out, received, sent, fees, rebalanced_in,
           rebalanced_out, forwarded_in, forwarded_out, income, returned, cost, begun, COALESCE(balance.msat, 0) AS held,
           COALESCE(balance.limbo_msat, 0) AS limbo,
           COALESCE(is_ended, false) OR EXISTS (SELECT FROM ledger.channel_end
                                                 WHERE channel_end.node = known.node AND channel_point = place) AS is_ended,
           push_in - push_out + received - sent - fees + rebalanced_in - rebalanced_out + forwarded_in - forwarded_out + income
               - cost AS change
      FROM known
      LEFT JOIN figure USING (node, place)
      LEFT JOIN share USING (node, place)
      LEFT JOIN balance USING (node, place)
)
SELECT node, place AS channel,
       CASE WHEN NOT is_ended THEN 'OPEN' WHEN held <> 0 THEN 'CLOSING' ELSE 'CLOSED' END AS state,
       COALESCE(opened, 0) AS opened_msat, open_fee AS open_fee_msat,
       COALESCE(push_in, 0) AS push_in_msat, COALESCE(push_out, 0) AS push_out_msat,
       COALESCE(received, 0) AS received_msat, COALESCE(sent, 0) AS sent_msat, COALESCE(fees, 0) AS fees_msat,
       COALESCE(rebalanced_in, 0) AS rebalanced_in_msat, COALESCE(rebalanced_out, 0) AS rebalanced_out_msat,
       COALESCE(forwarded_in, 0) AS forwarded_in_msat, COALESCE(forwarded_out, 0) AS forwarded_out_msat,
       COALESCE(income, 0) AS routing_income_msat, COALESCE(returned, 0) AS returned_msat, COALESCE(cost, 0) AS close_cost_msat,
       held AS balance_msat, limbo AS limbo_msat, COALESCE(change, 0) - open_fee AS result_msat,
       held - (COALESCE(begun, 0) + COALESCE(opened, 0) + COALESCE(change, 0) - COALESCE(returned, 0)) AS difference_msat,
       COALESCE(begun, 0) AS begun_msat
  FROM result;

CREATE OR REPLACE VIEW ledger.node_change AS
SELECT node, COALESCE(channels.msat, 0) AS channels_msat, COALESCE(wallet.msat, 0) AS wallet_msat,
       COALESCE(held.msat, 0) AS change_msat,
       COALESCE(channels.msat, 0) + COALESCE(wallet.msat, 0) + COALESCE(channels.begun_msat, 0) + COALESCE(begun.msat, 0)
           - COALESCE(held.msat, 0) AS difference_msat,
       COALESCE(channels.begun_msat, 0) + COALESCE(begun.msat, 0) AS begun_msat
  FROM (SELECT node, sum(result_msat) AS msat, sum(begun_msat) AS begun_msat FROM ledger.channel_result GROUP BY node) AS channels
  FULL JOIN (SELECT node, sum(own_msat) AS msat FROM ledger.node_transaction GROUP BY node) AS wallet USING (node)
  FULL JOIN (SELECT node, sum(msat) AS msat FROM ledger.node_leg WHERE part = 'wallet' AND leg = 'opened' GROUP BY node) AS begun
            USING (node)
  FULL JOIN (SELECT split_part(name, ':', 2) AS node, sum(balance_msat) AS msat
               FROM ledger.account_balance
              WHERE name LIKE 'node:%'
              GROUP BY 1) AS held USING (node);

CREATE OR REPLACE VIEW audit.channels AS
SELECT node, channel, state, opened_msat, open_fee_msat, push_in_msat, push_out_msat, received_msat, sent_msat, fees_msat,
       rebalanced_in_msat, rebalanced_out_msat, forwarded_in_msat, forwarded_out_msat, routing_income_msat, returned_msat,
       close_cost_msat, balance_msat, limbo_msat, result_msat, difference_msat, begun_msat
  FROM ledger.channel_result;
COMMENT ON VIEW audit.channels IS
    'What each channel cost and earned: begun + opened + result + open fee - returned = balance, so difference is 0. Unit: msat';

CREATE OR REPLACE VIEW audit.node_changes AS
SELECT node, channels_msat, wallet_msat, change_msat, difference_msat, begun_msat FROM ledger.node_change;
COMMENT ON VIEW audit.node_changes IS
    'What must hold at each node: what it began with, the results of its channels and its wallet''s own movements = what it holds; difference is 0. Unit: msat';
