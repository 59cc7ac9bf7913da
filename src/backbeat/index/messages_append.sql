WITH counted AS (
    UPDATE backbeat.replay_counts
    SET messages = messages + %(messages)s, replays = replays + %(replays)s, refused = refused + %(refused)s
)
INSERT INTO backbeat.signed_messages (
    number, seen_at, height, messages, tx_indexes, first_heights, chain, first_chains
)
SELECT
    number, seen_at, height, decode(messages, 'base64'), tx_indexes::integer[], first_heights::bigint[],
    own.chain, array_replace(first_chains::smallint[], own.chain, 0::smallint)
FROM json_to_recordset(%(blocks)s) AS block (
    number bigint, seen_at timestamp, height bigint, messages text,
    tx_indexes text, first_heights text, first_chains text
)
CROSS JOIN (SELECT coalesce(max(position), 1)::smallint AS chain FROM backbeat.chains) AS own
