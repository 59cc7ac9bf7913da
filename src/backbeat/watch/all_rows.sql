SELECT * FROM {table} AS stored
