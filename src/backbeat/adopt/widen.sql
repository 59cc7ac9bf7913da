ALTER TABLE {table} ALTER COLUMN {column} TYPE bigint
