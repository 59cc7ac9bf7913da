-- What the planner expects, of which nothing is read: also of a table that was never analysed, or is in parts.
EXPLAIN (FORMAT JSON)
SELECT FROM {target} AS at
WHERE {within}
