-- A track's scores taken apart (domain: derived state 2.2), as of the last run; without a row if it cannot have scores.
SELECT
    strategy.version,
    span.time_range,
    span.plays,
    span.reposts,
    span.saves,
    track.reposts AS all_reposts,
    track.saves AS all_saves,
    backbeat.trending_base(span.plays, span.reposts, span.saves, track.reposts, track.saves) AS base,
    track.days,
    span.decay,
    track.followers AS owner_followers,
    backbeat.followers_min() AS followers_min,
    track.karma,
    strategy.factor,
    stored.score,
    stored.created_at AS changed_at
FROM (
    SELECT
        t.track_id,
        backbeat.trending_age(t.release_date, t.created_at, timezone('UTC', run.reached_at)) AS days,
        artist.follower_count AS followers,
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
        coalesce(counts.karma, 0) AS karma
    FROM tracks AS t
    CROSS JOIN (SELECT reached_at FROM backbeat.clocks WHERE name = %(name)s) AS run
    LEFT JOIN {counts} AS counts ON counts.track_id = t.track_id
    LEFT JOIN aggregate_user AS artist ON artist.user_id = t.owner_id
    LEFT JOIN aggregate_track AS ever ON ever.track_id = t.track_id
    LEFT JOIN aggregate_plays AS played ON played.play_item_id = t.track_id
    WHERE
        t.track_id = %(track_id)s AND backbeat.is_public_track(t)
) AS track
CROSS JOIN LATERAL (
    VALUES
    (
        1, 'week', track.plays_week, track.reposts_week, track.saves_week, backbeat.trending_decay(track.days, 7)
    ),
    (
        2, 'month', track.plays_month, track.reposts_month, track.saves_month, backbeat.trending_decay(track.days, 30)
    ),
    (3, 'allTime', track.plays, 0, 0, 1)
) AS span (place, time_range, plays, reposts, saves, decay)
CROSS JOIN LATERAL (
    VALUES
    ('pnagD', backbeat.trending_factor('pnagD', track.karma)),
    ('AnlGe', backbeat.trending_factor('AnlGe', track.karma))
) AS strategy (version, factor)
LEFT JOIN track_trending_scores AS stored
    ON stored.track_id = track.track_id AND stored.type = 'TRACKS' AND stored.version = strategy.version
    AND stored.time_range = span.time_range
WHERE span.time_range <> 'allTime' OR track.is_played
ORDER BY strategy.version DESC, span.place
