-- What stands in a small table, as a number that changes with it.
SELECT hashtextextended(string_agg(rule::text, ',' ORDER BY rule::text), 0)
FROM {table} AS rule
