CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} ({columns})
