ALTER TABLE {table} SET ({parameters})
