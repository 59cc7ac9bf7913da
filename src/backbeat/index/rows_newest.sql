SELECT {columns}
FROM unnest({arrays}) AS wanted ({names})
CROSS JOIN LATERAL (
    SELECT * FROM {table} AS r WHERE {matches} AND {filter} ORDER BY {newest} DESC LIMIT {at_most}
) AS r
