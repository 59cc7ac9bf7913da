-- A negated epoch owes a rebuild. A position that another worker has made good meanwhile stays, and no row comes back.
INSERT INTO backbeat.consumers AS kept (name, stream, snapshot, epoch)
VALUES (%(checkpoint)s::text, %(stream)s::text, pg_current_snapshot(), -backbeat.epoch())
ON CONFLICT (name) DO UPDATE
SET
    stream = excluded.stream,
    snapshot = excluded.snapshot,
    epoch = excluded.epoch,
    updated_at = clock_timestamp()
WHERE
    kept.epoch <> backbeat.epoch()
    OR kept.stream <> excluded.stream
    OR pg_snapshot_xmax(kept.snapshot) > pg_snapshot_xmax(pg_current_snapshot())
RETURNING snapshot::text
