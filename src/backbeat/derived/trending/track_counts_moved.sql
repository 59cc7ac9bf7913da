-- How tracks' counts move from t1 to t2. Plays and engagements that cross an edge are added and taken away one by one;
-- tracks whose engagements changed have those counted again, and elsewhere followers won and lost are added to the karma. A
-- play is only taken away where it was added, so not above the checkpoint that the last run left; an engagement that no
-- run has seen yet is counted again by the run that does. Of more tracks than tracks_max it is only told how many they are.
WITH played AS (
    -- plays that came, and those that an edge passed
    SELECT
        p.play_item_id AS track_id,
        count(*) FILTER (WHERE p.created_at > backbeat.week_edge(%(t2)s::timestamp)) AS week,
        count(*) FILTER (WHERE p.created_at > backbeat.month_edge(%(t2)s::timestamp)) AS month
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
        p.created_at > backbeat.week_edge(%(t1)s::timestamp) AND p.created_at <= backbeat.week_edge(%(t2)s::timestamp)
        AND p.id <= %(after)s::bigint
    GROUP BY p.play_item_id
    UNION ALL
    SELECT
        p.play_item_id,
        0,
        -count(*)
    FROM plays AS p
    WHERE
        p.created_at > backbeat.month_edge(%(t1)s::timestamp) AND p.created_at <= backbeat.month_edge(%(t2)s::timestamp)
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
        p.created_at > backbeat.month_edge(%(t2)s::timestamp) AND p.created_at <= backbeat.month_edge(%(t1)s::timestamp)
        AND p.id <= %(after)s::bigint
    GROUP BY p.play_item_id
),
edge (after, upto, week, month) AS (
    -- what the edges passed over, and what an act there then counts
    VALUES
    (backbeat.week_edge(%(t1)s::timestamp), backbeat.week_edge(%(t2)s::timestamp), -1, 0),
    (backbeat.month_edge(%(t1)s::timestamp), backbeat.month_edge(%(t2)s::timestamp), 0, -1),
    (backbeat.month_edge(%(t2)s::timestamp), backbeat.month_edge(%(t1)s::timestamp), 0, 1)
),
crossed AS (
    -- saves and reposts that an edge passed
    SELECT r.repost_item_id AS track_id, edge.week AS reposts_week, edge.month AS reposts_month, 0 AS saves_week, 0 AS saves_month
    FROM edge
    CROSS JOIN LATERAL (
        SELECT * FROM reposts AS r WHERE r.created_at > edge.after AND r.created_at <= edge.upto
        OFFSET 0 -- a range of an index, whatever else is asked
    ) AS r
    WHERE r.repost_type = 'track' AND r.is_current AND NOT r.is_delete
    UNION ALL
    SELECT s.save_item_id, 0, 0, edge.week, edge.month
    FROM edge
    CROSS JOIN LATERAL (
        SELECT * FROM saves AS s WHERE s.created_at > edge.after AND s.created_at <= edge.upto
        OFFSET 0 -- a range of an index, whatever else is asked
    ) AS s
    WHERE s.save_type = 'track' AND s.is_current AND NOT s.is_delete
),
followed AS (
    -- karma of users whose followers changed, for all that they saved or reposted
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
recounted AS (
    -- tracks whose saves or reposts changed, by looking at all of these
    SELECT
        engaged.track_id,
        repost.week AS reposts_week,
        repost.month AS reposts_month,
        save.week AS saves_week,
        save.month AS saves_month,
        repost.karma + save.karma AS karma
    FROM unnest(%(engaged)b::integer []) AS engaged (track_id)
    CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE r.created_at > backbeat.week_edge(%(t2)s::timestamp)) AS week,
            count(*) FILTER (WHERE r.created_at > backbeat.month_edge(%(t2)s::timestamp)) AS month,
            coalesce(sum(actor.weight), 0) AS karma
        FROM reposts AS r
        LEFT JOIN backbeat.trending_users AS actor ON actor.user_id = r.user_id
        WHERE r.repost_item_id = engaged.track_id AND r.repost_type = 'track' AND r.is_current AND NOT r.is_delete
    ) AS repost
    CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE s.created_at > backbeat.week_edge(%(t2)s::timestamp)) AS week,
            count(*) FILTER (WHERE s.created_at > backbeat.month_edge(%(t2)s::timestamp)) AS month,
            coalesce(sum(actor.weight), 0) AS karma
        FROM saves AS s
        LEFT JOIN backbeat.trending_users AS actor ON actor.user_id = s.user_id
        WHERE s.save_item_id = engaged.track_id AND s.save_type = 'track' AND s.is_current AND NOT s.is_delete
    ) AS save
),
parts AS (
    -- what was recounted is not moved as well
    SELECT
        track_id,
        week AS plays_week,
        month AS plays_month,
        0 AS reposts_week,
        0 AS reposts_month,
        0 AS saves_week,
        0 AS saves_month,
        0 AS karma,
        true AS is_active
    FROM played
    UNION ALL
    SELECT track_id, 0, 0, reposts_week, reposts_month, saves_week, saves_month, 0, true
    FROM crossed
    WHERE NOT track_id = ANY (%(engaged)b::integer [])
    UNION ALL
    SELECT track_id, 0, 0, 0, 0, 0, 0, karma, false
    FROM followed
    WHERE NOT track_id = ANY (%(engaged)b::integer [])
    UNION ALL
    SELECT track_id, 0, 0, reposts_week, reposts_month, saves_week, saves_month, karma, true
    FROM recounted
),
moved AS (
    SELECT
        track_id,
        sum(plays_week)::integer AS plays_week,
        sum(plays_month)::integer AS plays_month,
        sum(reposts_week)::integer AS reposts_week,
        sum(reposts_month)::integer AS reposts_month,
        sum(saves_week)::integer AS saves_week,
        sum(saves_month)::integer AS saves_month,
        sum(karma)::bigint AS karma,
        bool_or(is_active) AS is_active
    FROM parts
    GROUP BY track_id
    ORDER BY track_id
),
total AS (
    SELECT count(*) AS size FROM moved
)
SELECT
    (SELECT size FROM total) AS size,
    coalesce(array_agg(track_id), '{}') AS tracks,
    coalesce(array_agg(plays_week), '{}') AS plays_week,
    coalesce(array_agg(plays_month), '{}') AS plays_month,
    coalesce(array_agg(reposts_week), '{}') AS reposts_week,
    coalesce(array_agg(reposts_month), '{}') AS reposts_month,
    coalesce(array_agg(saves_week), '{}') AS saves_week,
    coalesce(array_agg(saves_month), '{}') AS saves_month,
    coalesce(array_agg(karma), '{}') AS karma,
    coalesce(array_agg(track_id) FILTER (WHERE is_active), '{}') AS active,
    coalesce(array_agg(track_id) FILTER (WHERE NOT is_active), '{}') AS followed
FROM moved
WHERE (SELECT size FROM total) <= %(tracks_max)s::integer
