-- Public playlists and albums of at least three entries whose owner has an aggregate row (domain: derived state, 2.3). A
-- sum of followers beyond 32 bits is what it is; whatever is no list of entries disqualifies its playlist alone.
WITH range AS (
    SELECT * FROM backbeat.playlist_ranges
),
instant AS (
    SELECT (%(now)s::timestamptz AT TIME ZONE 'UTC') AS now
),
candidate AS MATERIALIZED (
    SELECT
        p.playlist_id,
        backbeat.trending_age(p.release_date, p.created_at, instant.now) AS age_days,
        backbeat.is_muted(owner.follower_count) AS has_few_followers
    FROM instant
    CROSS JOIN playlists AS p
    JOIN aggregate_user AS owner ON owner.user_id = p.playlist_owner_id
    WHERE
        backbeat.is_scored_playlist(p)
        AND (%(keys)b::integer [] IS NULL OR p.playlist_id = ANY (%(keys)b::integer []))
),
engaged AS (
    SELECT
        candidate.playlist_id,
        'repost' AS act,
        r.user_id,
        r.created_at
    FROM instant
    CROSS JOIN candidate
    JOIN reposts AS r ON r.repost_item_id = candidate.playlist_id AND r.repost_type = 'playlist'
    WHERE
        NOT candidate.has_few_followers
        AND r.is_current AND NOT r.is_delete AND r.created_at >= backbeat.playlist_year_edge(instant.now)
    UNION ALL
    SELECT
        candidate.playlist_id,
        'save' AS act,
        s.user_id,
        s.created_at
    FROM instant
    CROSS JOIN candidate
    JOIN saves AS s ON s.save_item_id = candidate.playlist_id AND s.save_type = 'playlist'
    WHERE
        NOT candidate.has_few_followers
        AND s.is_current AND NOT s.is_delete AND s.created_at >= backbeat.playlist_year_edge(instant.now)
),
weighed AS (
    SELECT
        engaged.playlist_id,
        engaged.act,
        engaged.created_at,
        weight.follower_count
    FROM engaged
    LEFT JOIN users AS u
        ON u.user_id = engaged.user_id AND u.is_current AND backbeat.has_complete_profile(u)
    LEFT JOIN aggregate_user AS weight ON weight.user_id = u.user_id
),
-- At the very edge of its window an act is no longer counted, and still brings its karma.
windowed AS (
    SELECT
        weighed.playlist_id,
        range.time_range,
        count(*) FILTER (WHERE weighed.act = 'repost' AND weighed.created_at > edge.instant) AS reposts,
        count(*) FILTER (WHERE weighed.act = 'save' AND weighed.created_at > edge.instant) AS saves,
        sum(weighed.follower_count)::double precision AS karma
    FROM instant
    CROSS JOIN range
    CROSS JOIN LATERAL (SELECT instant.now - make_interval(days => range.days) AS instant) AS edge
    JOIN weighed ON weighed.created_at >= edge.instant
    GROUP BY weighed.playlist_id, range.time_range
)
SELECT
    candidate.playlist_id,
    'PLAYLISTS' AS type,
    backbeat.trending_version() AS version,
    range.time_range,
    CASE
        WHEN candidate.has_few_followers THEN 0
        ELSE
            backbeat.trending_decay(candidate.age_days, range.days)
            * backbeat.trending_base(
                1, coalesce(windowed.reposts, 0), coalesce(windowed.saves, 0),
                coalesce(total.repost_count, 0), coalesce(total.save_count, 0)
            )
            * coalesce(windowed.karma, 1)
    END AS score,
    (%(clock)s::timestamptz AT TIME ZONE 'UTC') AS created_at
FROM candidate
CROSS JOIN range
LEFT JOIN windowed ON windowed.playlist_id = candidate.playlist_id AND windowed.time_range = range.time_range
LEFT JOIN aggregate_playlist AS total ON total.playlist_id = candidate.playlist_id
