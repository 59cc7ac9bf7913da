ALTER TABLE {table} SET SCHEMA public
