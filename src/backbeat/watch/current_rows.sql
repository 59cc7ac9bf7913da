SELECT * FROM {table} AS stored WHERE stored.is_current
