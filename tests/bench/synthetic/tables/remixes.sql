INSERT INTO remixes (parent_track_id, child_track_id)
SELECT (remix_of -> 'tracks' -> 0 ->> 'parent_track_id')::int, track_id FROM tracks WHERE remix_of IS NOT NULL
