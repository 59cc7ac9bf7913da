-- The counts that are kept of one entity, and what counting again gives, as of one instant.
SELECT
    (SELECT to_jsonb(kept) FROM {table} AS kept WHERE kept.{key} = ANY (%(keys)b::int [])) AS kept,
    (SELECT to_jsonb(counted) FROM {counted} AS counted) AS counted
