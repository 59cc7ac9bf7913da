-- A key is a specifier: the user and the ISO week, whose days bound what is read.
WITH week AS (
    SELECT
        backbeat.from_hex(split_part(key, ':', 1)) AS user_id,
        backbeat.monday_of(split_part(key, ':', 2)) AS monday
    FROM unnest(%(keys)b::text []) AS key
),
comment AS (
    SELECT
        said.user_id,
        said.created_at,
        said.blocknumber
    FROM comments AS said
    WHERE %(keys)b::text [] IS NULL AND NOT said.is_delete AND said.is_visible
    UNION ALL
    SELECT
        said.user_id,
        said.created_at,
        said.blocknumber
    FROM week
    JOIN comments AS said
        ON said.user_id = week.user_id
        AND said.created_at >= week.monday AND said.created_at < week.monday + interval '7 days'
    WHERE NOT said.is_delete AND said.is_visible
),
first AS (
    SELECT DISTINCT ON (1)
        to_hex(comment.user_id) || to_char(comment.created_at, ':IYYYIW') AS specifier,
        comment.user_id,
        comment.created_at,
        comment.blocknumber,
        backbeat.audio(reward.amount) AS amount
    FROM comment
    JOIN challenges AS reward ON reward.id = 'c' AND reward.active
    WHERE comment.blocknumber >= coalesce(reward.starting_block, 0)
    ORDER BY 1, comment.created_at, comment.blocknumber
)
SELECT
    'c' AS challenge_id,
    first.specifier,
    true AS is_complete,
    1 AS current_step_count,
    first.blocknumber AS completed_blocknumber,
    first.amount,
    first.created_at AS completed_at,
    first.user_id,
    first.created_at AT TIME ZONE 'UTC' AS created_at
FROM first
WHERE
    NOT EXISTS (
        SELECT FROM user_challenges AS done WHERE done.challenge_id = 'c' AND done.specifier = first.specifier
    )
    AND NOT EXISTS (
        SELECT FROM backbeat.deactivated_users AS u WHERE u.user_id = first.user_id
    )
