SELECT
    user_id AS key,
    count(*) AS rows
FROM backbeat.standing_changes
WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
GROUP BY user_id
