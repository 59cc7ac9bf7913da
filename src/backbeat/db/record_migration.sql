INSERT INTO backbeat.migrations (number, name, checksum, duration_seconds)
VALUES (%(number)s, %(name)s, %(checksum)s, %(duration_seconds)s)
