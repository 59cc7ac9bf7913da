-- Every row of the keys of a range, and every row that there should be, beside each other. A row that differs and has an
-- excuse cannot be verified.
WITH fresh AS MATERIALIZED (
    SELECT {compared} FROM {query} AS computed WHERE {computed_within} AND computed.{scope} = ANY (%(keys)b::{kind} [])
),
stored AS MATERIALIZED (
    SELECT {compared} FROM {target} AS at WHERE {at_within} AND at.{scope} = ANY (%(keys)b::{kind} [])
),
compared AS MATERIALIZED (
    SELECT
        {either_key},
        coalesce(stored.{scope}, fresh.{scope}) AS range_key,
        ({stored_compared}) IS DISTINCT FROM ({fresh_compared}) AS differs,
        -- only of those that differ: to write a row out costs more than to compare it
        CASE
            WHEN stored.{first} IS NOT NULL AND ({stored_compared}) IS DISTINCT FROM ({fresh_compared})
                THEN to_jsonb(stored)
        END AS stored,
        CASE
            WHEN fresh.{first} IS NOT NULL AND ({stored_compared}) IS DISTINCT FROM ({fresh_compared})
                THEN to_jsonb(fresh)
        END AS expected
    FROM stored
    FULL JOIN fresh ON ({stored_key}) = ({fresh_key})
),
excused AS MATERIALIZED (
    SELECT {key}, min(reason) AS reason FROM {excuses} AS told GROUP BY {key}
),
judged AS MATERIALIZED (
    SELECT
        compared.*,
        CASE
            WHEN compared.differs THEN coalesce(excused.reason, CASE WHEN compared.expected IS NULL THEN {stays} END)
        END AS reason
    FROM compared
    LEFT JOIN excused ON ({compared_key}) = ({excused_key})
)
SELECT
    count(*) FILTER (WHERE NOT judged.differs) AS same,
    count(*) FILTER (WHERE judged.differs AND judged.reason IS NULL) AS differing,
    (
        SELECT coalesce(jsonb_object_agg(doubted.reason, doubted.number), '{{}}')
        FROM (
            SELECT judged.reason, count(*) AS number FROM judged WHERE judged.reason IS NOT NULL GROUP BY judged.reason
        ) AS doubted
    ) AS unverifiable,
    (
        SELECT coalesce(jsonb_agg(jsonb_build_object('stored', wrong.stored, 'expected', wrong.expected)), '[]')
        FROM (
            SELECT judged.stored, judged.expected
            FROM judged
            WHERE judged.differs AND judged.reason IS NULL
            ORDER BY {judged_key}
            LIMIT %(samples_max)s::integer
        ) AS wrong
    ) AS samples,
    ARRAY(
        SELECT DISTINCT judged.range_key FROM judged WHERE judged.differs AND judged.reason IS NULL ORDER BY 1
    ) AS keys
FROM judged
