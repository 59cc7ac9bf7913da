ALTER TABLE {table} {additions}
