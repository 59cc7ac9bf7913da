-- Hours that neither plays nor sums account for; nothing is written where nothing ever went, but that it was looked for.
INSERT INTO backbeat.pruned_plays AS noted (lost_hours, looked_at)
SELECT
    count(*),
    statement_timestamp()
FROM backbeat.hours_untold
WHERE is_past
ON CONFLICT (singleton) DO UPDATE
SET lost_hours = excluded.lost_hours, looked_at = excluded.looked_at
