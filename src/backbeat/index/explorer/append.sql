INSERT INTO {table} ({columns})
SELECT {columns}
FROM json_populate_recordset(NULL::{table}, %(rows)s)
ON CONFLICT DO NOTHING
