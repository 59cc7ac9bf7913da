-- Also those that have a set and should have none.
SELECT
    user_id AS key,
    count(*) AS rows
FROM (
    SELECT user_id FROM aggregate_user WHERE user_id > %(after)s AND user_id <= %(upto)s
    UNION ALL
    SELECT user_id FROM user_social_sets WHERE user_id > %(after)s AND user_id <= %(upto)s
) AS swept
GROUP BY 1
