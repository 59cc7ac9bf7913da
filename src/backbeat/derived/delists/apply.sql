-- Brings rows to what was decided of them, those alone that are otherwise. Whether the owner had deleted or deactivated
-- what is taken down is kept, and holds again once it is put back. What another program took down is put back as the
-- network does it: neither deleted nor deactivated.
WITH due AS MATERIALIZED (
    SELECT decided.id, decided.delisted, decided.was_gone
    FROM backbeat.delistings AS decided
    WHERE decided.entity = %(entity)s::delist_entity AND decided.is_pending
    ORDER BY decided.id
    LIMIT %(rows_max)s
),
found AS MATERIALIZED (
    SELECT due.id, due.delisted, due.was_gone, item.{gone} AS is_gone
    FROM due
    INNER JOIN {table} AS item ON item.{id} = due.id AND item.is_current AND item.is_available = due.delisted
),
applied AS (
    UPDATE {table} AS item
    SET is_available = NOT found.delisted, {gone} = found.delisted OR coalesce(found.was_gone, false)
    FROM found
    WHERE item.{id} = found.id AND item.is_current
    RETURNING item.{id}
),
settled AS (
    UPDATE backbeat.delistings AS decided
    SET (is_pending, was_gone) = (
        SELECT
            false,
            CASE
                WHEN found.id IS NULL THEN decided.was_gone
                WHEN found.delisted THEN found.is_gone
            END
        FROM (SELECT decided.id) AS one
        LEFT JOIN found ON found.id = one.id
    )
    -- by their ids: a join, as long as nothing is known of the table's size, reads all that was ever decided for each
    WHERE decided.entity = %(entity)s::delist_entity AND decided.id = ANY (ARRAY(SELECT due.id FROM due))
)
SELECT (SELECT count(*) FROM due) AS keys, (SELECT count(*) FROM applied) AS updated
