INSERT INTO backbeat.drift AS kept (derivation, found_rows, found_at)
VALUES (%(derivation)s, %(found_rows)s, clock_timestamp())
ON CONFLICT (derivation) DO UPDATE
SET found_rows = kept.found_rows + excluded.found_rows, found_at = excluded.found_at
