-- So many tracks that can trend, one play each.
INSERT INTO plays (user_id, source, play_item_id, created_at, updated_at)
SELECT bench.pick(bench.draw(%(seed)s::bigint + track_id, 92), %(users)s, 1.8, 1000000007), 'relay', track_id, %(at)s, %(at)s
FROM (
    SELECT track_id FROM tracks
    WHERE is_current AND NOT is_delete AND NOT is_unlisted AND stem_of IS NULL
    ORDER BY bench.draw(%(seed)s::bigint + track_id, 90)
    LIMIT %(rows)s
) AS chosen
