-- Of each key come versions without a gap, "earliest" the first of them: it goes on with what is open of the key, passes over what
-- is known, or is new. What others had begin with the very block that ends it never was. Each key is found by index, however many
-- rows the server takes a history to have: a plan is kept from when it was empty.
WITH earliest AS MATERIALIZED (
    SELECT
        v.*,
        CASE WHEN known.until_block IS NULL THEN known.since_block END AS open_since,
        known.until_block AS known_until
    FROM json_populate_recordset(NULL::{past}, %(earliest)s) AS v
    LEFT JOIN LATERAL (
        SELECT kept.since_block, kept.until_block
        FROM {past} AS kept
        WHERE {matches} AND kept.since_block < coalesce(v.until_block, 2147483647)
        ORDER BY kept.since_block DESC
        LIMIT 1
    ) AS known ON true
),
undone AS (
    DELETE FROM {past}
    WHERE
        ctid = ANY (
            ARRAY(
                SELECT
                    (
                        SELECT kept.ctid
                        FROM {past} AS kept
                        WHERE {matches} AND kept.since_block >= v.until_block AND kept.until_block IS NULL
                        ORDER BY kept.since_block
                        LIMIT 1
                    )
                FROM earliest AS v
            )
        )
)
INSERT INTO {past} AS kept ({key}, since_block, until_block, {columns})
SELECT {key}, coalesce(open_since, since_block), until_block, {columns}
FROM earliest
WHERE
    CASE
        WHEN open_since IS NULL THEN (since_block < until_block) IS NOT FALSE AND (known_until > since_block) IS NOT TRUE
        ELSE until_block IS NOT NULL
    END
UNION ALL
SELECT {key}, since_block, until_block, {columns}
FROM json_populate_recordset(NULL::{past}, %(later)s)
ON CONFLICT ({key}, since_block) DO UPDATE
SET until_block = excluded.until_block, {assignments}
WHERE kept.until_block IS NULL
