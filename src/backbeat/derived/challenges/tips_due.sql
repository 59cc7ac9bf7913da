SELECT
    sender_user_id::text AS key,
    count(*) AS rows
FROM backbeat.timed_tips
WHERE created_at > %(after)s AND created_at <= %(upto)s
GROUP BY sender_user_id
