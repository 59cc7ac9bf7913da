INSERT INTO backbeat.delistings AS kept (entity, id, decided_at, delisted, is_pending)
SELECT %(entity)s::delist_entity, told.id, told.decided_at, told.delisted, true
FROM unnest(%(ids)s::integer [], %(instants)s::timestamptz [], %(delisteds)s::boolean [])
    AS told (id, decided_at, delisted)
ON CONFLICT (entity, id) DO UPDATE
SET decided_at = excluded.decided_at, delisted = excluded.delisted, is_pending = true
WHERE (excluded.decided_at, excluded.delisted) > (kept.decided_at, kept.delisted)
