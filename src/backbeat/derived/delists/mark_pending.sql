UPDATE backbeat.delistings AS decided
SET is_pending = true
WHERE decided.entity = %(entity)s::delist_entity AND decided.id = ANY(%(ids)s::integer [])
