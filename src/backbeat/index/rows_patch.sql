UPDATE {table} AS r
SET {assignments}
FROM json_to_recordset(%(rows)s) AS fresh ({typed}, kept bigint)
WHERE {matches} AND {filter}
