-- Of slots up to which another writer told ranks, its rows are as they should be.
WITH counted AS (
    SELECT
        receiver_user_id,
        slot,
        sender_user_id,
        amount,
        sum(amount) OVER (PARTITION BY receiver_user_id, sender_user_id ORDER BY slot) AS total
    FROM backbeat.counted_tips
),
line AS (
    SELECT
        receiver_user_id,
        array_agg(slot ORDER BY slot, sender_user_id) AS slots,
        array_agg(sender_user_id ORDER BY slot, sender_user_id) AS senders,
        array_agg(backbeat.sum_of_tips(total - amount) ORDER BY slot, sender_user_id) AS before,
        array_agg(backbeat.sum_of_tips(total) ORDER BY slot, sender_user_id) AS after
    FROM counted
    GROUP BY receiver_user_id
),
told AS (
    SELECT coalesce(max(last_checkpoint), -1) AS upto
    FROM indexing_checkpoints
    WHERE tablename = 'supporter_rank_ups'
)
SELECT
    reached.slot,
    reached.sender_user_id,
    line.receiver_user_id,
    reached.rank
FROM line
CROSS JOIN told
CROSS JOIN LATERAL backbeat.rank_ups('{}', '{}', line.slots, line.senders, line.before, line.after) AS reached
WHERE reached.slot > told.upto
UNION ALL
SELECT
    older.slot,
    older.sender_user_id,
    older.receiver_user_id,
    older.rank
FROM supporter_rank_ups AS older
CROSS JOIN told
WHERE older.slot <= told.upto
