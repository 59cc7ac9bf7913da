INSERT INTO delist_status_cursor AS kept (host, entity, created_at)
VALUES (%(host)s, %(entity)s::delist_entity, %(upto)s)
ON CONFLICT (host, entity) DO UPDATE SET created_at = greatest(kept.created_at, excluded.created_at)
