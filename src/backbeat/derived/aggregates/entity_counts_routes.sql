-- Owners with an address for a track or playlist that changed, of those that are counted already: who comes to be counted is
-- told by the streams of owners and followers. Each is looked up by itself.
SELECT
    route.owner_id AS key,
    count(*) AS rows
FROM (
    SELECT key::integer AS id FROM backbeat.changed_keys(%(stream)s, %(after)s, %(upto)s) AS key
) AS changed
LEFT JOIN LATERAL (
    SELECT owner_id FROM {routes} WHERE {id} = changed.id AND is_current
    OFFSET 0
) AS route ON true
WHERE
    changed.id IS NULL
    OR (SELECT kept.user_id FROM backbeat.listed_owners AS kept WHERE kept.user_id = route.owner_id) IS NOT NULL
GROUP BY 1
