SELECT
    id,
    CASE WHEN amount ~ '^[+-]?\d{1,9}$' THEN amount::integer ELSE 0 END AS amount,
    step_count
FROM challenges
WHERE id = ANY (%(ids)s::text []) AND active
ORDER BY id
