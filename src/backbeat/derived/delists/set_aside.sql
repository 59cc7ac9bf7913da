INSERT INTO backbeat.delist_asides (entity, digest, seen_at, why, status)
SELECT %(entity)s::delist_entity, told.digest, %(now)s, told.why, told.status
FROM unnest(%(digests)s::bytea [], %(whys)s::text [], %(statuses)s::text []) AS told (digest, why, status)
ON CONFLICT (entity, digest) DO NOTHING
