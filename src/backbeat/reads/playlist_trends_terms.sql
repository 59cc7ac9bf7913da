-- A playlist's scores taken apart (domain: derived state 2.3), with the windows as of the last run; without a row if it
-- cannot have scores.
WITH playlist AS (
    SELECT
        p.playlist_id,
        run.now,
        backbeat.trending_age(p.release_date, p.created_at, run.now) AS days,
        owner.follower_count AS followers,
        coalesce(ever.repost_count, 0)::bigint AS reposts,
        coalesce(ever.save_count, 0)::bigint AS saves
    FROM playlists AS p
    CROSS JOIN (
        SELECT timezone('UTC', max(reached_at)) AS now FROM backbeat.clocks WHERE name = ANY (%(clocks)s::text [])
    ) AS run
    JOIN aggregate_user AS owner ON owner.user_id = p.playlist_owner_id
    LEFT JOIN aggregate_playlist AS ever ON ever.playlist_id = p.playlist_id
    WHERE
        p.playlist_id = %(playlist_id)s AND backbeat.is_scored_playlist(p)
        AND run.now IS NOT NULL
),
act AS MATERIALIZED (
    SELECT
        true AS is_repost,
        r.user_id,
        r.created_at
    FROM playlist
    JOIN reposts AS r ON r.repost_item_id = playlist.playlist_id AND r.repost_type = 'playlist'
    WHERE r.is_current AND NOT r.is_delete AND r.created_at >= backbeat.playlist_year_edge(playlist.now)
    UNION ALL
    SELECT
        false AS is_repost,
        s.user_id,
        s.created_at
    FROM playlist
    JOIN saves AS s ON s.save_item_id = playlist.playlist_id AND s.save_type = 'playlist'
    WHERE s.is_current AND NOT s.is_delete AND s.created_at >= backbeat.playlist_year_edge(playlist.now)
),
weighed AS (
    SELECT
        act.is_repost,
        act.created_at,
        weight.follower_count
    FROM act
    LEFT JOIN users AS u
        ON u.user_id = act.user_id AND u.is_current AND backbeat.has_complete_profile(u)
    LEFT JOIN aggregate_user AS weight ON weight.user_id = u.user_id
)
SELECT
    range.time_range,
    counted.reposts,
    counted.saves,
    playlist.reposts AS all_reposts,
    playlist.saves AS all_saves,
    backbeat.trending_base(1, counted.reposts, counted.saves, playlist.reposts, playlist.saves) AS base,
    playlist.days,
    backbeat.trending_decay(playlist.days, range.days) AS decay,
    playlist.followers AS owner_followers,
    backbeat.followers_min() AS followers_min,
    counted.karma,
    coalesce(counted.karma, 1)::double precision AS factor,
    stored.score,
    stored.created_at AS changed_at
FROM playlist
CROSS JOIN backbeat.playlist_ranges AS range
CROSS JOIN LATERAL (SELECT playlist.now - make_interval(days => range.days) AS instant) AS edge
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE weighed.is_repost AND weighed.created_at > edge.instant) AS reposts,
        count(*) FILTER (WHERE NOT weighed.is_repost AND weighed.created_at > edge.instant) AS saves,
        (sum(weighed.follower_count) FILTER (WHERE weighed.created_at >= edge.instant))::bigint AS karma
    FROM weighed
) AS counted
LEFT JOIN backbeat.playlist_scores() AS stored
    ON stored.playlist_id = playlist.playlist_id AND stored.time_range = range.time_range
ORDER BY range.days
