-- Answers a row only to the first who finds the database on another server, or on another line of its history.
UPDATE backbeat.server AS known
SET
    moved = CASE
        WHEN known.system_identifier = backbeat.epoch() THEN %(promoted)s
        ELSE %(restored)s
    END,
    restores = known.restores + (known.system_identifier <> backbeat.epoch())::integer,
    promotions = known.promotions + (known.system_identifier = backbeat.epoch())::integer,
    moved_at = clock_timestamp(),
    system_identifier = backbeat.epoch(),
    timeline = backbeat.timeline()
WHERE known.system_identifier <> backbeat.epoch() OR known.timeline <> backbeat.timeline()
RETURNING
    moved,
    (SELECT count(*) FROM backbeat.consumers AS consumer WHERE consumer.epoch <> backbeat.epoch()) AS consumers,
    restores + promotions AS times
