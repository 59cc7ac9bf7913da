-- What an adopted database's log says of each track or user; the rounds compare it with the rows.
INSERT INTO backbeat.delistings (entity, id, decided_at, delisted)
SELECT DISTINCT ON (logged.{id}) %(entity)s::delist_entity, logged.{id}, logged.created_at, logged.delisted
FROM {log} AS logged
ORDER BY logged.{id}, logged.created_at DESC, logged.delisted DESC
ON CONFLICT (entity, id) DO NOTHING
