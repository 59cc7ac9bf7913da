INSERT INTO backbeat.objects (kind, name, checksum)
VALUES (%(kind)s, %(name)s, %(checksum)s)
ON CONFLICT (kind, name) DO UPDATE SET checksum = excluded.checksum, placed_at = excluded.placed_at
