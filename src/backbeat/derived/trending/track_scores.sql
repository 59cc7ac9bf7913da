-- The scores of tracks as of an instant (domain: derived state 2.2). The formulas are the functions
-- trending_base, trending_decay, trending_age and trending_factor in db/schema. The counts are those that track_counts.py
-- keeps, or fresh ones; track_scores.py says which.
SELECT
    track.track_id,
    list.type,
    track.genre,
    list.version,
    list.time_range,
    track.audibility * list.score AS score,
    %(now)s::timestamp AS created_at
FROM (
    SELECT
        t.track_id,
        t.genre,
        CASE WHEN backbeat.is_muted(artist.follower_count) THEN 0 ELSE 1 END::double precision AS audibility,
        played.play_item_id IS NOT NULL AS is_played,
        backbeat.trending_factor('pnagD', coalesce(counts.karma, 0)) AS karma,
        backbeat.trending_factor('AnlGe', coalesce(counts.karma, 0)) AS renown,
        backbeat.trending_decay(age.days, 7) * backbeat.trending_base(
            coalesce(counts.plays_week, 0), coalesce(counts.reposts_week, 0), coalesce(counts.saves_week, 0),
            engaged.reposts, engaged.saves
        ) AS week,
        backbeat.trending_decay(age.days, 30) * backbeat.trending_base(
            coalesce(counts.plays_month, 0), coalesce(counts.reposts_month, 0), coalesce(counts.saves_month, 0),
            engaged.reposts, engaged.saves
        ) AS month,
        backbeat.trending_base(coalesce(played.count, 0), 0, 0, engaged.reposts, engaged.saves) AS ever
    FROM (
        SELECT
            track.track_id,
            track.owner_id,
            track.genre,
            track.release_date,
            track.created_at,
            backbeat.is_public_track(track) AS is_public
        FROM tracks AS track
        WHERE track.is_current AND (%(keys)b::integer [] IS NULL OR track.track_id = ANY (%(keys)b::integer []))
        OFFSET 0 -- found by key, and judged afterwards
    ) AS t
    LEFT JOIN {counts} AS counts
        ON counts.track_id = t.track_id
        AND (%(keys)b::integer [] IS NULL OR counts.track_id = ANY (%(keys)b::integer []))
    LEFT JOIN aggregate_user AS artist ON artist.user_id = t.owner_id
    LEFT JOIN aggregate_track AS total
        ON total.track_id = t.track_id
        AND (%(keys)b::integer [] IS NULL OR total.track_id = ANY (%(keys)b::integer []))
    LEFT JOIN aggregate_plays AS played
        ON played.play_item_id = t.track_id
        AND (%(keys)b::integer [] IS NULL OR played.play_item_id = ANY (%(keys)b::integer []))
    CROSS JOIN LATERAL (
        SELECT
            coalesce(total.repost_count, 0)::bigint AS reposts,
            coalesce(total.save_count, 0)::bigint AS saves
    ) AS engaged
    CROSS JOIN LATERAL (
        SELECT backbeat.trending_age(t.release_date, t.created_at, %(now)s::timestamp) AS days
        OFFSET 0 -- computed once for both periods
    ) AS age
    WHERE t.is_public
    OFFSET 0 -- computed once, not once for each of the rows below
) AS track
CROSS JOIN LATERAL (
    VALUES
    ('TRACKS', 'pnagD', 'week', track.week * track.karma),
    ('TRACKS', 'pnagD', 'month', track.month * track.karma),
    ('TRACKS', 'pnagD', 'allTime', track.ever * track.karma),
    ('TRACKS', 'AnlGe', 'week', track.week * track.renown),
    ('TRACKS', 'AnlGe', 'month', track.month * track.renown),
    ('TRACKS', 'AnlGe', 'allTime', track.ever * track.renown),
    ('UNDERGROUND_TRACKS', 'pnagD', 'week', track.week * track.karma),
    ('UNDERGROUND_TRACKS', 'pnagD', 'month', track.month * track.karma),
    ('UNDERGROUND_TRACKS', 'pnagD', 'allTime', track.ever * track.karma)
) AS list (type, version, time_range, score)
WHERE
    (list.time_range <> 'allTime' OR track.is_played)
    AND (list.type = 'TRACKS' OR %(underground)s::boolean)
