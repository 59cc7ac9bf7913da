-- Makes another worker wait, and tells whether nobody was here before.
INSERT INTO backbeat.delist_progress AS kept (entity)
VALUES (%(entity)s::delist_entity)
ON CONFLICT (entity) DO UPDATE SET entity = kept.entity
RETURNING kept.xmax = 0 AS is_new
