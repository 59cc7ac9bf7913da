SELECT
    counted.user_id,
    counted.{count}
FROM (
    SELECT
        listener.user_id,
        (
            SELECT count(*) FROM {pairs} AS heard WHERE heard.user_id = listener.user_id
        )::integer AS {count}
    FROM (
        SELECT user_id FROM unnest(%(keys)b::int []) AS asked (user_id)
        UNION
        SELECT DISTINCT user_id FROM {pairs}
        WHERE %(keys)b::int [] IS NULL
        UNION
        SELECT user_id FROM {kept}
        WHERE %(keys)b::int [] IS NULL
    ) AS listener
    OFFSET 0 -- counted once a user
) AS counted
WHERE
    counted.{count} > 0
    OR EXISTS (SELECT FROM {kept} AS kept WHERE kept.user_id = counted.user_id)
