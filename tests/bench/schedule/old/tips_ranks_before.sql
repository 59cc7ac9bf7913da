CREATE TEMPORARY TABLE bench_ranks ON COMMIT DROP AS
SELECT sender_user_id, receiver_user_id, rank
FROM (
    SELECT *, rank() OVER (PARTITION BY receiver_user_id ORDER BY amount DESC) AS rank
    FROM aggregate_user_tips
    WHERE receiver_user_id IN (
        SELECT receiver_user_id FROM user_tips
        WHERE slot > (SELECT last_checkpoint FROM indexing_checkpoints WHERE tablename = 'aggregate_user_tips')
    )
) AS ranked
WHERE rank <= 5
