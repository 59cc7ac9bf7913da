INSERT INTO aggregate_track (track_id, repost_count, save_count, comment_count)
SELECT t.track_id, coalesce(reposted.n, 0), coalesce(saved.n, 0), coalesce(said.n, 0)
FROM tracks AS t
LEFT JOIN (
    SELECT repost_item_id AS track_id, count(*) AS n FROM reposts WHERE NOT is_delete AND repost_type = 'track' GROUP BY 1
) AS reposted USING (track_id)
LEFT JOIN (
    SELECT save_item_id AS track_id, count(*) AS n FROM saves WHERE NOT is_delete AND save_type = 'track' GROUP BY 1
) AS saved USING (track_id)
LEFT JOIN (SELECT entity_id AS track_id, count(*) AS n FROM comments GROUP BY 1) AS said USING (track_id)
ORDER BY t.track_id
