-- The rows of keys, each value as text; a third row of a key says no more than a second
SELECT found.key, found.texts
FROM unnest({arrays}) AS asked ({names})
CROSS JOIN LATERAL (
    SELECT ARRAY[{key}]::text [] AS key, ARRAY[{values}]::text [] AS texts
    FROM ({all_of_it}) AS r
    WHERE {match}
    LIMIT 2
) AS found
