SELECT
    'track_cid' AS repair,
    t.track_id,
    backbeat.repair_subject(t) AS subject,
    t.created_at
FROM tracks AS t
WHERE
    (%(keys)b::integer [] IS NULL OR t.track_id = ANY (%(keys)b::integer []))
    AND backbeat.lacks_cid(t)
