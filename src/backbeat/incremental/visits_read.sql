SELECT
    audit,
    started_at,
    moved_at,
    ended_at,
    after_key,
    found,
    last_found,
    last_ended_at
FROM backbeat.audits
WHERE purpose = %(purpose)s AND audit = ANY (%(audits)s::text [])
