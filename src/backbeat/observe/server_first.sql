-- On a database whose server nobody has noted yet, consumers of the change log may know one from before.
INSERT INTO backbeat.server (system_identifier, timeline)
SELECT
    coalesce((SELECT abs(consumer.epoch) FROM backbeat.consumers AS consumer ORDER BY consumer.updated_at LIMIT 1), backbeat.epoch()),
    backbeat.timeline()
ON CONFLICT (singleton) DO NOTHING
