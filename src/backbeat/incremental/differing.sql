-- Which keys' rows are not what the query gives for them.
WITH fresh AS MATERIALIZED (
    SELECT * FROM {query} AS computed
)
SELECT DISTINCT coalesce(fresh.{scope}, at.{scope}) AS key
FROM fresh
FULL JOIN (
    SELECT * FROM {target} AS at WHERE {at_within} AND {at_in_scope}
) AS at ON ({at_key}) = ({fresh_key})
WHERE
    ({at_compared}) IS DISTINCT FROM ({fresh_compared})
    AND NOT coalesce({at_frozen}, false)
    AND (at.{scope} IS NULL OR fresh.{scope} IS NULL OR NOT ({foreign}))
    AND ({deletes} OR fresh.{scope} IS NOT NULL)
ORDER BY key
