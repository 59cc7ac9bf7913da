-- Who has an address for a track that changed; of whom nothing is kept, a stream of its owners tells. Each is looked up by
-- itself.
SELECT
    route.owner_id AS key,
    count(*) AS rows
FROM (
    SELECT key::integer AS track_id FROM backbeat.changed_keys(%(stream)s, %(after)s, %(upto)s) AS key
) AS changed
LEFT JOIN LATERAL (
    SELECT owner_id FROM track_routes WHERE track_id = changed.track_id AND is_current
    OFFSET 0
) AS route ON true
WHERE
    changed.track_id IS NULL
    OR (SELECT kept.user_id FROM backbeat.listed_owners AS kept WHERE kept.user_id = route.owner_id) IS NOT NULL
GROUP BY 1
