SELECT {columns}
FROM {table} AS r
JOIN unnest({arrays}) AS wanted ({names}) ON {matches}
WHERE {filter}
