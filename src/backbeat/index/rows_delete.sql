DELETE FROM {table} AS r
USING json_populate_recordset(NULL::{table}, %(rows)s) AS gone
WHERE {matches}
