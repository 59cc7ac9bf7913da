-- What a user's counts would be by the database's own rows; of more than ten thousand nothing is said.
SELECT
    ARRAY[asked.key::text] AS key,
    ARRAY['follower_count', 'following_count', 'repost_count', 'track_save_count'] AS columns,
    ARRAY[followers.number::text, following.number::text, reposted.number::text, saved.number::text] AS texts
FROM unnest(%(keys)s::integer []) AS asked (key)
CROSS JOIN LATERAL (
    SELECT nullif(count(*), 10001) AS number
    FROM (
        SELECT FROM follows
        WHERE followee_user_id = asked.key AND is_current AND NOT is_delete LIMIT 10001
    ) AS bounded
) AS followers
CROSS JOIN LATERAL (
    SELECT nullif(count(*), 10001) AS number
    FROM (
        SELECT FROM follows
        WHERE follower_user_id = asked.key AND is_current AND NOT is_delete LIMIT 10001
    ) AS bounded
) AS following
CROSS JOIN LATERAL (
    SELECT nullif(count(*), 10001) AS number
    FROM (SELECT FROM reposts WHERE user_id = asked.key AND is_current AND NOT is_delete LIMIT 10001) AS bounded
) AS reposted
CROSS JOIN LATERAL (
    SELECT nullif(count(*), 10001) AS number
    FROM (
        SELECT FROM saves
        WHERE user_id = asked.key AND save_type = 'track' AND is_current AND NOT is_delete LIMIT 10001
    ) AS bounded
) AS saved
