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
    FROM backbeat.week_track_scores() AS s
    JOIN tracks AS t ON t.track_id = s.track_id AND backbeat.is_underground_track(t)
    ORDER BY s.magnitude DESC, s.score DESC, s.track_id DESC
    OFFSET 20
) AS ranked
JOIN aggregate_user AS artist
    ON artist.user_id = ranked.owner_id AND backbeat.is_small_artist(artist)
WHERE
    NOT EXISTS (
        SELECT FROM backbeat.deactivated_users AS u WHERE u.user_id = ranked.owner_id
    )
ORDER BY ranked.magnitude DESC, ranked.score DESC, ranked.track_id DESC
LIMIT 10
