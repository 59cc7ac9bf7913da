-- The next keys that a table holds, each found by one probe of its index, however many rows share it.
WITH RECURSIVE walked AS (
    SELECT
        (SELECT min(holder.{column}) FROM {table} AS holder WHERE holder.{column} > %(after)s::{kind}) AS key,
        1 AS number
    UNION ALL
    SELECT
        (SELECT min(holder.{column}) FROM {table} AS holder WHERE holder.{column} > walked.key),
        walked.number + 1
    FROM walked
    WHERE walked.key IS NOT NULL AND walked.number < %(keys_max)s::integer
)
SELECT walked.key FROM walked
