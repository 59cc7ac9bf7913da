SELECT
    signature AS key,
    count(*) AS rows
FROM backbeat.timed_purchases
WHERE created_at > %(after)s AND created_at <= %(upto)s
GROUP BY signature
