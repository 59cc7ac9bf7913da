SELECT
    sender_user_id,
    receiver_user_id,
    backbeat.sum_of_tips(sum(amount)) AS amount
FROM backbeat.counted_tips
GROUP BY sender_user_id, receiver_user_id
