-- The scores of tracks as of an instant (domain: derived state 2.2), from what was counted of them.
SELECT
    track.track_id,
    strategy.type,
    track.genre,
    strategy.version,
    span.time_range,
    track.audibility * span.base * strategy.factor AS score,
    %(now)s::timestamp AS created_at
FROM (
    SELECT
        t.track_id,
        t.genre,
        age.days,
        CASE WHEN artist.follower_count < 3 THEN 0 ELSE 1 END::double precision AS audibility,
        played.play_item_id IS NOT NULL AS is_played,
        coalesce(played.count, 0) AS plays,
        coalesce(ever.repost_count, 0)::bigint AS reposts,
        coalesce(ever.save_count, 0)::bigint AS saves,
        coalesce(counts.plays_week, 0)::bigint AS plays_week,
        coalesce(counts.plays_month, 0)::bigint AS plays_month,
        coalesce(counts.reposts_week, 0)::bigint AS reposts_week,
        coalesce(counts.reposts_month, 0)::bigint AS reposts_month,
        coalesce(counts.saves_week, 0)::bigint AS saves_week,
        coalesce(counts.saves_month, 0)::bigint AS saves_month,
        coalesce(counts.karma, 0)::double precision AS karma
    FROM tracks AS t
    LEFT JOIN {counts} AS counts ON counts.track_id = t.track_id
    LEFT JOIN aggregate_user AS artist ON artist.user_id = t.owner_id
    LEFT JOIN aggregate_track AS ever ON ever.track_id = t.track_id
    LEFT JOIN aggregate_plays AS played ON played.play_item_id = t.track_id
    CROSS JOIN LATERAL (
        SELECT backbeat.trending_age(t.release_date, t.created_at, %(now)s::timestamp) AS days
    ) AS age
    WHERE
        t.is_current AND NOT t.is_delete AND NOT t.is_unlisted AND t.stem_of IS NULL
        AND (%(keys)b::integer [] IS NULL OR t.track_id = ANY (%(keys)b::integer []))
    OFFSET 0 -- computed once, not once for each of the rows below
) AS track
CROSS JOIN LATERAL (
    VALUES
    (
        'week',
        backbeat.trending_decay(track.days, 7)
        * backbeat.trending_base(track.plays_week, track.reposts_week, track.saves_week, track.reposts, track.saves)
    ),
    (
        'month',
        backbeat.trending_decay(track.days, 30)
        * backbeat.trending_base(track.plays_month, track.reposts_month, track.saves_month, track.reposts, track.saves)
    ),
    ('allTime', backbeat.trending_base(track.plays, 0, 0, track.reposts, track.saves))
) AS span (time_range, base)
CROSS JOIN LATERAL (
    VALUES
    ('TRACKS', 'pnagD', track.karma),
    ('TRACKS', 'AnlGe', 1 + log(1 + track.karma)),
    ('UNDERGROUND_TRACKS', 'pnagD', track.karma)
) AS strategy (type, version, factor)
WHERE
    (span.time_range <> 'allTime' OR track.is_played)
    AND (strategy.type = 'TRACKS' OR %(underground)s::boolean)
