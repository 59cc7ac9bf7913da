-- Moves the counts from t1 to t2: plays are added and taken away one by one, tracks whose engagements changed or cross an
-- edge are counted anew, and elsewhere followers won and lost are added. A play is only taken away where it was added, so
-- not above the checkpoint that the last run left.
WITH played AS (
    SELECT
        p.play_item_id AS track_id,
        count(*) FILTER (WHERE p.created_at > %(t2)s::timestamp - interval '7 days') AS week,
        count(*) FILTER (WHERE p.created_at > %(t2)s::timestamp - interval '1 month') AS month
    FROM plays AS p
    WHERE p.id > %(after)s::bigint AND p.id <= %(upto)s::bigint
    GROUP BY p.play_item_id
    UNION ALL
    SELECT
        p.play_item_id,
        -count(*),
        0
    FROM plays AS p
    WHERE
        p.created_at > %(t1)s::timestamp - interval '7 days' AND p.created_at <= %(t2)s::timestamp - interval '7 days'
        AND p.id <= %(after)s::bigint
    GROUP BY p.play_item_id
    UNION ALL
    SELECT
        p.play_item_id,
        0,
        -count(*)
    FROM plays AS p
    WHERE
        p.created_at > %(t1)s::timestamp - interval '1 month' AND p.created_at <= %(t2)s::timestamp - interval '1 month'
        AND p.id <= %(after)s::bigint
    GROUP BY p.play_item_id
    UNION ALL
    -- back in the window: at the end of some months its edge moves backwards
    SELECT
        p.play_item_id,
        0,
        count(*)
    FROM plays AS p
    WHERE
        p.created_at > %(t2)s::timestamp - interval '1 month' AND p.created_at <= %(t1)s::timestamp - interval '1 month'
        AND p.id <= %(after)s::bigint
    GROUP BY p.play_item_id
),
step (after, upto) AS (
    VALUES
    (%(t1)s::timestamp - interval '7 days', %(t2)s::timestamp - interval '7 days'),
    (
        least(%(t1)s::timestamp - interval '1 month', %(t2)s::timestamp - interval '1 month'),
        greatest(%(t1)s::timestamp - interval '1 month', %(t2)s::timestamp - interval '1 month')
    )
),
engaged AS (
    SELECT track_id FROM unnest(%(engaged)b::integer []) AS track_id
    UNION
    SELECT r.repost_item_id
    FROM step
    JOIN reposts AS r ON r.created_at > step.after AND r.created_at <= step.upto AND r.repost_type = 'track'
    UNION
    SELECT s.save_item_id
    FROM step
    JOIN saves AS s ON s.created_at > step.after AND s.created_at <= step.upto AND s.save_type = 'track'
),
recounted AS MATERIALIZED (
    SELECT
        engaged.track_id,
        repost.week AS reposts_week,
        repost.month AS reposts_month,
        save.week AS saves_week,
        save.month AS saves_month,
        repost.karma + save.karma AS karma
    FROM engaged
    CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE r.created_at > %(t2)s::timestamp - interval '7 days') AS week,
            count(*) FILTER (WHERE r.created_at > %(t2)s::timestamp - interval '1 month') AS month,
            coalesce(sum(actor.weight), 0) AS karma
        FROM reposts AS r
        LEFT JOIN backbeat.trending_users AS actor ON actor.user_id = r.user_id
        WHERE r.repost_item_id = engaged.track_id AND r.repost_type = 'track' AND r.is_current AND NOT r.is_delete
    ) AS repost
    CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE s.created_at > %(t2)s::timestamp - interval '7 days') AS week,
            count(*) FILTER (WHERE s.created_at > %(t2)s::timestamp - interval '1 month') AS month,
            coalesce(sum(actor.weight), 0) AS karma
        FROM saves AS s
        LEFT JOIN backbeat.trending_users AS actor ON actor.user_id = s.user_id
        WHERE s.save_item_id = engaged.track_id AND s.save_type = 'track' AND s.is_current AND NOT s.is_delete
    ) AS save
),
followed AS (
    SELECT
        item.track_id,
        sum(moved.delta) AS karma
    FROM unnest(%(users)b::integer [], %(deltas)b::bigint []) AS moved (user_id, delta)
    CROSS JOIN LATERAL (
        SELECT r.repost_item_id AS track_id
        FROM reposts AS r
        WHERE r.user_id = moved.user_id AND r.repost_type = 'track' AND r.is_current AND NOT r.is_delete
        UNION ALL
        SELECT s.save_item_id
        FROM saves AS s
        WHERE s.user_id = moved.user_id AND s.save_type = 'track' AND s.is_current AND NOT s.is_delete
    ) AS item
    GROUP BY item.track_id
),
moved AS (
    SELECT
        parts.track_id,
        sum(parts.week) AS week,
        sum(parts.month) AS month,
        sum(parts.karma) AS karma,
        bool_or(parts.is_active) AS is_active
    FROM (
        SELECT track_id, week, month, 0 AS karma, true AS is_active FROM played
        UNION ALL
        SELECT track_id, 0, 0, karma, false FROM followed
        UNION ALL
        SELECT track_id, 0, 0, 0, true FROM recounted
    ) AS parts
    GROUP BY parts.track_id
),
fresh AS MATERIALIZED (
    SELECT
        track_id,
        moved.is_active,
        kept.karma IS NOT NULL AS is_kept,
        coalesce(kept.plays_week, 0) + moved.week AS plays_week,
        coalesce(kept.plays_month, 0) + moved.month AS plays_month,
        coalesce(recounted.reposts_week, kept.reposts_week, 0) AS reposts_week,
        coalesce(recounted.reposts_month, kept.reposts_month, 0) AS reposts_month,
        coalesce(recounted.saves_week, kept.saves_week, 0) AS saves_week,
        coalesce(recounted.saves_month, kept.saves_month, 0) AS saves_month,
        coalesce(recounted.karma, coalesce(kept.karma, 0) + moved.karma) AS karma
    FROM moved
    LEFT JOIN recounted USING (track_id)
    LEFT JOIN backbeat.trending_track_counts AS kept USING (track_id)
),
counted AS MATERIALIZED (
    SELECT
        fresh.*,
        (plays_week, plays_month, reposts_week, reposts_month, saves_week, saves_month, karma)
        = (0, 0, 0, 0, 0, 0, 0) AS is_empty
    FROM fresh
),
updated AS (
    UPDATE backbeat.trending_track_counts AS at
    SET
        plays_week = counted.plays_week,
        plays_month = counted.plays_month,
        reposts_week = counted.reposts_week,
        reposts_month = counted.reposts_month,
        saves_week = counted.saves_week,
        saves_month = counted.saves_month,
        karma = counted.karma
    FROM counted
    WHERE
        at.track_id = counted.track_id AND NOT counted.is_empty
        AND (
            at.plays_week, at.plays_month, at.reposts_week, at.reposts_month, at.saves_week, at.saves_month, at.karma
        ) <> (
            counted.plays_week, counted.plays_month, counted.reposts_week, counted.reposts_month, counted.saves_week,
            counted.saves_month, counted.karma
        )
),
inserted AS (
    INSERT INTO backbeat.trending_track_counts (
        track_id, plays_week, plays_month, reposts_week, reposts_month, saves_week, saves_month, karma
    )
    SELECT
        track_id,
        plays_week,
        plays_month,
        reposts_week,
        reposts_month,
        saves_week,
        saves_month,
        karma
    FROM counted
    WHERE NOT is_kept AND NOT is_empty
    ORDER BY track_id
),
deleted AS (
    DELETE FROM backbeat.trending_track_counts AS at
    USING counted
    WHERE at.track_id = counted.track_id AND counted.is_empty
)
SELECT
    coalesce(array_agg(track_id) FILTER (WHERE is_active), '{}') AS active,
    coalesce(array_agg(track_id) FILTER (WHERE NOT is_active), '{}') AS followed
FROM counted
