INSERT INTO supporter_rank_ups (slot, sender_user_id, receiver_user_id, rank)
SELECT (SELECT max(slot) FROM user_tips), now.sender_user_id, now.receiver_user_id, now.rank
FROM (
    SELECT *, rank() OVER (PARTITION BY receiver_user_id ORDER BY amount DESC) AS rank
    FROM aggregate_user_tips
    WHERE receiver_user_id IN (
        SELECT receiver_user_id FROM user_tips
        WHERE slot > (SELECT last_checkpoint FROM indexing_checkpoints WHERE tablename = 'aggregate_user_tips')
    )
) AS now
LEFT JOIN bench_ranks AS before USING (sender_user_id, receiver_user_id)
WHERE now.rank <= 5 AND (before.rank IS NULL OR now.rank < before.rank)
ON CONFLICT DO NOTHING
