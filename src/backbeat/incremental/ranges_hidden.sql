-- A query as it answers where none of the rows under audit is in the table that it reads and writes: the name of what WITH
-- makes goes before that of the table.
WITH {shadow} AS NOT MATERIALIZED (
    SELECT others.*
    FROM {target} AS others
    WHERE NOT ({others_within} AND others.{scope} = ANY (%(keys)b::{kind} []))
)
SELECT judged.* FROM {query} AS judged
