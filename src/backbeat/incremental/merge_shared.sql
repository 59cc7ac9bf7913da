-- As merge.sql, for rows that others write as well. Nobody is made to wait for long and nobody's lock is waited for while
-- holding one: rows come one by one in order, locked ones are passed over. What was passed over, or is beyond
-- "rows_max", is logged as changed once more, in the same transaction.
WITH fresh AS MATERIALIZED (
    SELECT * FROM {query} AS computed
),
different AS MATERIALIZED (
    SELECT
        fresh.*,
        at.{scope} IS NULL AS is_new
    FROM fresh
    LEFT JOIN {target} AS at ON ({at_key}) = ({fresh_key})
    WHERE at.{scope} IS NULL OR ({at_values}) IS DISTINCT FROM ({fresh_values})
),
turn AS MATERIALIZED (
    SELECT fresh.*
    FROM different AS fresh
    ORDER BY {fresh_key}
    LIMIT {rows_max}
),
held AS MATERIALIZED (
    SELECT {at_key}
    FROM {target} AS at
    WHERE ({at_key}) IN (SELECT {key} FROM turn WHERE NOT is_new)
    ORDER BY {at_key}
    FOR NO KEY UPDATE SKIP LOCKED
),
updated AS (
    UPDATE {target} AS at
    SET ({written}) = ROW ({fresh_written})
    FROM turn AS fresh
    JOIN held USING ({key})
    WHERE ({at_key}) = ({fresh_key})
    RETURNING {at_key}
),
inserted AS (
    INSERT INTO {target} ({columns})
    SELECT {columns}
    FROM turn
    WHERE is_new
    ORDER BY {key}
    ON CONFLICT ({key}) DO NOTHING
    RETURNING {key}
),
waiting AS (
    SELECT array_agg(fresh.{scope}::text) AS keys
    FROM different AS fresh
    WHERE
        NOT EXISTS (SELECT FROM updated AS at WHERE ({at_key}) = ({fresh_key}))
        AND NOT EXISTS (SELECT FROM inserted AS at WHERE ({at_key}) = ({fresh_key}))
),
logged AS MATERIALIZED (
    SELECT
        cardinality(waiting.keys) AS keys,
        backbeat.log_keys({stream}, waiting.keys) AS done
    FROM waiting
)
SELECT
    (SELECT count(*) FROM fresh) AS computed,
    (SELECT count(*) FROM inserted) AS inserted,
    (SELECT count(*) FROM updated) AS updated,
    0::bigint AS deleted,
    (SELECT count(*) FROM different) - (SELECT count(*) FROM turn) AS beyond
FROM logged
