INSERT INTO backbeat.watch_differences
SELECT given.*
FROM jsonb_populate_recordset(NULL::backbeat.watch_differences, %(rows)s::jsonb) AS given
ON CONFLICT (subject, key) DO UPDATE
SET kind = excluded.kind,
    columns = excluded.columns,
    here = excluded.here,
    there = excluded.there,
    digest = excluded.digest,
    here_height = excluded.here_height,
    there_height = excluded.there_height,
    as_it_is_since = excluded.as_it_is_since,
    looked_at = excluded.looked_at,
    looks = excluded.looks,
    is_certain = excluded.is_certain,
    cause = excluded.cause
