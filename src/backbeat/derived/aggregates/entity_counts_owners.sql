-- Owners that are counted, or have followers enough to be. Each is looked up by itself.
SELECT
    changed.user_id AS key,
    count(*) AS rows
FROM (
    SELECT key::integer AS user_id FROM backbeat.changed_keys(%(stream)s, %(after)s, %(upto)s) AS key
) AS changed
WHERE
    changed.user_id IS NULL
    OR (SELECT kept.user_id FROM backbeat.listed_owners AS kept WHERE kept.user_id = changed.user_id) IS NOT NULL
    OR (
        SELECT backbeat.is_listed_owner(counts) FROM aggregate_user AS counts WHERE counts.user_id = changed.user_id
    )
GROUP BY 1
