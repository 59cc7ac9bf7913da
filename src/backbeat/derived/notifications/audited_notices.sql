-- What some notifications should say, of those whose cause is kept: milestones, rewards, follows.
WITH told AS MATERIALIZED (
    SELECT * FROM notification WHERE id = ANY (%(keys)b::integer [])
),
milestone AS (
    SELECT
        told.id,
        told.specifier,
        format('milestone:%%s:id:%%s:threshold:%%s', reached.name, reached.id, reached.threshold) AS group_id,
        CASE reached.name WHEN 'FOLLOWER_COUNT' THEN 'milestone_follower_count' ELSE 'milestone' END AS type,
        reached.slot,
        reached.blocknumber,
        reached."timestamp",
        jsonb_build_object(
            'type', reached.name,
            CASE
                WHEN reached.name = 'FOLLOWER_COUNT' THEN 'user_id'
                WHEN reached.name LIKE 'PLAYLIST%%' THEN 'playlist_id'
                ELSE 'track_id'
            END, reached.id,
            'threshold', reached.threshold
        ) || CASE
            WHEN reached.name LIKE 'PLAYLIST%%' THEN jsonb_build_object('is_album', told.data -> 'is_album')
            ELSE '{}'
        END AS data,
        ARRAY[backbeat.id_of(told.specifier)] AS user_ids
    FROM told
    JOIN milestones AS reached
        ON reached.id = backbeat.id_of(split_part(told.group_id, ':', 4))
        AND reached.name = split_part(told.group_id, ':', 2)
        AND reached.threshold = backbeat.id_of(split_part(told.group_id, ':', 6))
    WHERE
        told.group_id LIKE 'milestone:%%:id:%%:threshold:%%' AND backbeat.id_of(told.specifier) IS NOT NULL
        AND (reached.name <> 'FOLLOWER_COUNT' OR reached.id::text = told.specifier)
),
reward AS (
    SELECT
        told.id,
        kind.specifier,
        format('%%s:%%s:challenge:%%s:specifier:%%s', kind.type, earned.user_id, earned.challenge_id, earned.specifier)
            AS group_id,
        kind.type,
        NULL::integer AS slot,
        earned.completed_blocknumber AS blocknumber,
        earned.completed_at AS "timestamp",
        jsonb_build_object(
            'specifier', earned.specifier,
            'challenge_id', earned.challenge_id,
            'amount', kind.amount
        ) || CASE
            WHEN earned.challenge_id = 'e' AND kind.type = 'challenge_reward'
                THEN jsonb_build_object('listen_streak', told.data -> 'listen_streak')
            ELSE '{}'
        END AS data,
        ARRAY[earned.user_id] AS user_ids
    FROM told
    JOIN user_challenges AS earned
        ON earned.challenge_id = split_part(told.group_id, ':', 4)
        AND earned.specifier = substring(told.group_id FROM '^[^:]*:[^:]*:[^:]*:[^:]*:specifier:(.*)$')
        AND earned.is_complete
        AND earned.user_id::text = split_part(told.group_id, ':', 2)
    CROSS JOIN LATERAL (
        VALUES
        ('claimable_reward', earned.specifier, to_jsonb(earned.amount)),
        ('reward_in_cooldown', earned.specifier, to_jsonb(earned.amount)),
        ('challenge_reward', earned.user_id::text, to_jsonb(earned.amount || '00000000'))
    ) AS kind (type, specifier, amount)
    WHERE kind.type = split_part(told.group_id, ':', 1) AND told.slot IS NULL
),
followed AS (
    SELECT
        told.id,
        edge.follower_user_id::text AS specifier,
        format('follow:%%s', edge.followee_user_id) AS group_id,
        'follow' AS type,
        NULL::integer AS slot,
        told.blocknumber,
        told."timestamp",
        jsonb_build_object('followee_user_id', edge.followee_user_id, 'follower_user_id', edge.follower_user_id)
            AS data,
        ARRAY[edge.followee_user_id] AS user_ids
    FROM told
    CROSS JOIN LATERAL (
        SELECT DISTINCT
            follower_user_id,
            followee_user_id
        FROM follows
        WHERE
            follower_user_id = backbeat.id_of(told.specifier)
            AND followee_user_id = backbeat.id_of(split_part(told.group_id, ':', 2))
    ) AS edge
    WHERE told.group_id LIKE 'follow:%%'
)
SELECT * FROM milestone
UNION ALL
SELECT * FROM reward
UNION ALL
SELECT * FROM followed
