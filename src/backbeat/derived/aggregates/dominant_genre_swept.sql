SELECT
    user_id AS key,
    1 AS rows
FROM aggregate_user
WHERE user_id > %(after)s AND user_id <= %(upto)s
