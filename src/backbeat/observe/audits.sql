-- What the verification that goes round has found: of the round under way, of rows that differ also of the one before.
SELECT
    kept.audit,
    (counted.found ->> 'same')::bigint AS same,
    greatest((kept.found ->> 'differing')::bigint, (kept.last_found ->> 'differing')::bigint) AS differing,
    (
        SELECT coalesce(sum(told.number::bigint), 0)
        FROM jsonb_each_text(counted.found -> 'unverifiable') AS told (reason, number)
    )::bigint AS unverifiable,
    extract(EPOCH FROM statement_timestamp() - kept.last_ended_at)::double precision AS age_seconds,
    kept.last_ended_at AS ended_at
FROM backbeat.audits AS kept
CROSS JOIN LATERAL (SELECT coalesce(kept.last_found, kept.found) AS found) AS counted
WHERE kept.purpose = 'rolling'
ORDER BY kept.audit
