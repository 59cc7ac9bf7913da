-- Rows that triggers ensure and that are gone, with nothing counted yet.
INSERT INTO aggregate_track (track_id)
SELECT DISTINCT t.track_id
FROM tracks AS t
WHERE
    t.track_id = ANY (%(keys)b::int [])
    AND NOT EXISTS (SELECT FROM aggregate_track AS kept WHERE kept.track_id = t.track_id)
ORDER BY t.track_id
ON CONFLICT (track_id) DO NOTHING
RETURNING track_id
