WITH counted AS (
    UPDATE backbeat.replay_counts
    SET messages = messages + %(messages)s, replays = replays + %(replays)s, refused = refused + %(refused)s
)
INSERT INTO backbeat.signed_messages (
    number, seen_at, height, messages, tx_indexes, first_heights, chain, first_chains
)
SELECT
    number, seen_at, height, decode(messages, 'base64'), tx_indexes::integer[], first_heights::bigint[],
    (SELECT coalesce(max(position), 1) FROM backbeat.chains), first_chains::smallint[]
FROM json_to_recordset(%(blocks)s) AS block (
    number bigint, seen_at timestamp, height bigint, messages text,
    tx_indexes text, first_heights text, first_chains text
)
