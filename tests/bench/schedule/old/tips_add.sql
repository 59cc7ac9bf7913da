INSERT INTO aggregate_user_tips AS kept (sender_user_id, receiver_user_id, amount)
SELECT sender_user_id, receiver_user_id, sum(amount)
FROM user_tips
WHERE slot > (SELECT last_checkpoint FROM indexing_checkpoints WHERE tablename = 'aggregate_user_tips')
GROUP BY 1, 2
ON CONFLICT (sender_user_id, receiver_user_id) DO UPDATE SET amount = kept.amount + excluded.amount
