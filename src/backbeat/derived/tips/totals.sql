SELECT
    sender_user_id,
    receiver_user_id,
    sum(amount)::bigint AS amount
FROM backbeat.counted_tips
GROUP BY sender_user_id, receiver_user_id
