-- What tracks' scores are made of, as of an instant, by reading everything (domain: derived state 2.1). The edges of the
-- windows are outside of them.
SELECT
    parts.track_id,
    sum(parts.plays_week)::integer AS plays_week,
    sum(parts.plays_month)::integer AS plays_month,
    sum(parts.reposts_week)::integer AS reposts_week,
    sum(parts.reposts_month)::integer AS reposts_month,
    sum(parts.saves_week)::integer AS saves_week,
    sum(parts.saves_month)::integer AS saves_month,
    sum(parts.karma)::bigint AS karma
FROM (
    SELECT
        p.play_item_id AS track_id,
        count(*) FILTER (WHERE p.created_at > backbeat.week_edge(%(now)s::timestamp)) AS plays_week,
        count(*) AS plays_month,
        0 AS reposts_week,
        0 AS reposts_month,
        0 AS saves_week,
        0 AS saves_month,
        0 AS karma
    FROM plays AS p
    WHERE
        p.created_at > backbeat.month_edge(%(now)s::timestamp) AND p.id <= %(upto)s::bigint
        AND (%(keys)b::integer [] IS NULL OR p.play_item_id = ANY (%(keys)b::integer []))
    GROUP BY p.play_item_id
    UNION ALL
    SELECT
        r.repost_item_id,
        0,
        0,
        count(*) FILTER (WHERE r.created_at > backbeat.week_edge(%(now)s::timestamp)),
        count(*) FILTER (WHERE r.created_at > backbeat.month_edge(%(now)s::timestamp)),
        0,
        0,
        coalesce(sum(engaged.weight), 0)
    FROM reposts AS r
    LEFT JOIN {users} AS engaged ON engaged.user_id = r.user_id
    WHERE
        r.repost_type = 'track' AND r.is_current AND NOT r.is_delete
        AND (%(keys)b::integer [] IS NULL OR r.repost_item_id = ANY (%(keys)b::integer []))
    GROUP BY r.repost_item_id
    UNION ALL
    SELECT
        s.save_item_id,
        0,
        0,
        0,
        0,
        count(*) FILTER (WHERE s.created_at > backbeat.week_edge(%(now)s::timestamp)),
        count(*) FILTER (WHERE s.created_at > backbeat.month_edge(%(now)s::timestamp)),
        coalesce(sum(engaged.weight), 0)
    FROM saves AS s
    LEFT JOIN {users} AS engaged ON engaged.user_id = s.user_id
    WHERE
        s.save_type = 'track' AND s.is_current AND NOT s.is_delete
        AND (%(keys)b::integer [] IS NULL OR s.save_item_id = ANY (%(keys)b::integer []))
    GROUP BY s.save_item_id
) AS parts
GROUP BY parts.track_id
HAVING
    (
        sum(parts.plays_month), sum(parts.reposts_month), sum(parts.saves_month), sum(parts.karma),
        sum(parts.plays_week), sum(parts.reposts_week), sum(parts.saves_week)
    ) <> (0, 0, 0, 0, 0, 0, 0)
