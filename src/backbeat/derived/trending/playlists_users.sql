-- What a user saved or reposted within the year, and what they own where its owner now has too few followers, enough
-- again, or an aggregate row at last: scores of 0 tell which it was.
WITH changed AS MATERIALIZED (
    SELECT DISTINCT key::integer AS user_id
    FROM backbeat.changed_keys(%(stream)s, %(after)s, %(upto)s) AS key
),
since AS (
    SELECT backbeat.playlist_year_edge(%(now)s::timestamptz AT TIME ZONE 'UTC') AS instant
),
touched AS (
    SELECT r.repost_item_id AS playlist_id
    FROM since
    CROSS JOIN changed
    JOIN reposts AS r ON r.user_id = changed.user_id AND r.repost_type = 'playlist'
    WHERE r.is_current AND NOT r.is_delete AND r.created_at >= since.instant
    UNION ALL
    SELECT s.save_item_id
    FROM since
    CROSS JOIN changed
    JOIN saves AS s ON s.user_id = changed.user_id AND s.save_type = 'playlist'
    WHERE s.is_current AND NOT s.is_delete AND s.created_at >= since.instant
    UNION ALL
    SELECT p.playlist_id
    FROM changed
    JOIN playlists AS p ON p.playlist_owner_id = changed.user_id AND backbeat.is_public_playlist(p)
    LEFT JOIN aggregate_user AS owner ON owner.user_id = changed.user_id
    CROSS JOIN LATERAL (
        SELECT
            count(*) > 0 AS is_there,
            max(kept.score) > 0 AS is_above_zero
        FROM (
            SELECT * FROM playlist_trending_scores AS one WHERE one.playlist_id = p.playlist_id
            OFFSET 0 -- by its id: beside other conditions the order of a list seems to be as good
        ) AS kept
        WHERE kept.type = 'PLAYLISTS' AND kept.version = backbeat.trending_version()
    ) AS stored
    WHERE
        (owner.user_id IS NOT NULL) <> stored.is_there
        OR stored.is_above_zero = backbeat.is_muted(owner.follower_count)
    UNION ALL
    SELECT NULL
    FROM changed
    WHERE changed.user_id IS NULL
)
SELECT
    playlist_id AS key,
    count(*) AS rows
FROM touched
GROUP BY playlist_id
