-- Tracks whose scores wait for a run: played since, of artists who changed since, or put off.
SELECT p.play_item_id
FROM plays AS p
WHERE p.id > %(after)s::bigint
UNION
SELECT t.track_id
FROM tracks AS t
WHERE t.owner_id = ANY (%(users)b::integer []) AND t.is_current
UNION
SELECT waiting.track_id
FROM backbeat.trending_waiting_tracks AS waiting
