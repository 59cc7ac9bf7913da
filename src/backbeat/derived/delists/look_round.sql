-- The next of those that anything was decided of, and which of them are otherwise.
WITH slice AS MATERIALIZED (
    SELECT decided.id, decided.delisted
    FROM backbeat.delistings AS decided
    WHERE decided.entity = %(entity)s::delist_entity AND decided.id > %(after)s
    ORDER BY decided.id
    LIMIT %(rows_max)s
)
SELECT
    count(*) AS rows,
    coalesce(max(slice.id), 0) AS upto,
    coalesce(array_agg(slice.id) FILTER (WHERE item.is_available = slice.delisted), '{{}}') AS wrong
FROM slice
LEFT JOIN {table} AS item ON item.{id} = slice.id AND item.is_current
