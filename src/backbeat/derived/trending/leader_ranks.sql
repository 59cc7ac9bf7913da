-- Every rank that a list has.
SELECT rank AS key FROM generate_series(1, 100) AS rank WHERE rank > %(after)s::integer
