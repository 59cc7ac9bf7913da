-- Final rows are no longer compared; where rows are kept for ever, only rows that the query still answers are.
WITH fresh AS MATERIALIZED (
    SELECT * FROM {query} AS computed
),
expected AS MATERIALIZED (
    SELECT {fresh_compared}
    FROM fresh
    WHERE
        {fresh_settled}
        AND NOT EXISTS (
            SELECT FROM {target} AS at WHERE ({at_key}) = ({fresh_key}) AND ({at_frozen} OR {foreign})
        )
),
actual AS (
    SELECT {at_compared}
    FROM {target} AS at
    LEFT JOIN (SELECT {key}, true AS is_answered FROM expected GROUP BY {key}) AS fresh ON ({at_key}) = ({fresh_key})
    WHERE {at_within} AND {at_settled} AND NOT {at_frozen} AND ({deletes} OR fresh.is_answered)
),
missing AS MATERIALIZED (
    SELECT * FROM expected
    EXCEPT ALL
    SELECT * FROM actual
),
extra AS MATERIALIZED (
    SELECT * FROM actual
    EXCEPT ALL
    SELECT * FROM expected
)
SELECT
    (SELECT count(*) FROM expected) AS compared,
    (SELECT count(*) FROM missing) AS missing,
    (SELECT count(*) FROM extra) AS extra,
    (SELECT coalesce(jsonb_agg(to_jsonb(sample)), '[]') FROM (SELECT * FROM missing LIMIT 10) AS sample) AS missing_sample,
    (SELECT coalesce(jsonb_agg(to_jsonb(sample)), '[]') FROM (SELECT * FROM extra LIMIT 10) AS sample) AS extra_sample
