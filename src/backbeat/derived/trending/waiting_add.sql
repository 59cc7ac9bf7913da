INSERT INTO backbeat.trending_waiting_tracks (track_id, since)
SELECT
    track_id,
    %(now)s::timestamp
FROM unnest(%(tracks)b::integer []) AS track_id
ORDER BY track_id
ON CONFLICT (track_id) DO NOTHING
