-- Small artists, below the twenty best tracks.
SELECT
    ranked.track_id AS item_id,
    ranked.owner_id,
    ranked.score
FROM (
    SELECT
        s.track_id,
        t.owner_id,
        s.score,
        s.magnitude
    FROM track_trending_scores AS s
    JOIN tracks AS t ON t.track_id = s.track_id AND t.is_current
    WHERE
        s.type = 'TRACKS' AND s.version = 'pnagD' AND s.time_range = 'week'
        AND NOT t.is_delete AND NOT t.is_unlisted AND t.is_available
    ORDER BY s.magnitude DESC, s.score DESC, s.track_id DESC
    OFFSET 20
) AS ranked
JOIN aggregate_user AS artist
    ON artist.user_id = ranked.owner_id AND artist.follower_count < 1500 AND artist.following_count < 1500
WHERE
    NOT EXISTS (
        SELECT FROM users AS u WHERE u.user_id = ranked.owner_id AND u.is_current AND u.is_deactivated
    )
ORDER BY ranked.magnitude DESC, ranked.score DESC, ranked.track_id DESC
LIMIT 10
