WITH tipped AS MATERIALIZED (
    SELECT sender_user_id, receiver_user_id FROM user_tips
    WHERE slot > (SELECT last_checkpoint FROM indexing_checkpoints WHERE tablename = 'aggregate_user_tips')
)
INSERT INTO aggregate_user AS kept (user_id, supporter_count, supporting_count)
SELECT
    user_id,
    (SELECT count(*) FROM aggregate_user_tips WHERE receiver_user_id = person.user_id),
    (SELECT count(*) FROM aggregate_user_tips WHERE sender_user_id = person.user_id)
FROM (SELECT sender_user_id AS user_id FROM tipped UNION SELECT receiver_user_id FROM tipped) AS person
ON CONFLICT (user_id) DO UPDATE
SET supporter_count = excluded.supporter_count, supporting_count = excluded.supporting_count
