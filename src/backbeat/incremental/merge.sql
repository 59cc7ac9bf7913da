WITH fresh AS MATERIALIZED (
    SELECT * FROM {query} AS computed
),
updated AS (
    UPDATE {target} AS at
    SET ({written}) = ROW ({fresh_written})
    FROM fresh
    WHERE
        ({at_key}) = ({fresh_key})
        AND ({at_values}) IS DISTINCT FROM ({fresh_values})
        AND NOT {at_frozen} AND NOT ({foreign})
    RETURNING 1
),
inserted AS (
    INSERT INTO {target} ({columns})
    SELECT {columns}
    FROM fresh
    WHERE NOT EXISTS (SELECT FROM {target} AS at WHERE ({at_key}) = ({fresh_key}))
    ORDER BY {key}
    RETURNING 1
),
deleted AS (
    DELETE FROM {target} AS at
    WHERE
        {deletes} AND {at_within} AND {at_in_scope} AND NOT {at_frozen}
        AND NOT EXISTS (SELECT FROM fresh WHERE ({at_key}) = ({fresh_key}))
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM fresh) AS computed,
    (SELECT count(*) FROM inserted) AS inserted,
    (SELECT count(*) FROM updated) AS updated,
    (SELECT count(*) FROM deleted) AS deleted
