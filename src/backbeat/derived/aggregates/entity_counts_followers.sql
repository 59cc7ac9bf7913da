-- Who came to ten followers, or is below ten again. Each is looked up by itself, however many there are of others.
SELECT
    changed.user_id AS key,
    count(*) AS rows
FROM (
    SELECT key::integer AS user_id FROM backbeat.changed_keys(%(stream)s, %(after)s, %(upto)s) AS key
) AS changed
WHERE
    changed.user_id IS NULL
    OR coalesce(
        (
            SELECT backbeat.is_listed_owner(counts) FROM aggregate_user AS counts
            WHERE counts.user_id = changed.user_id
        ), false
    ) <> (
        (SELECT kept.user_id FROM backbeat.listed_owners AS kept WHERE kept.user_id = changed.user_id) IS NOT NULL
    )
GROUP BY 1
