DELETE FROM backbeat.trending_waiting_tracks
WHERE %(tracks)b::integer [] IS NULL OR track_id = ANY (%(tracks)b::integer [])
