SELECT
    known.moved,
    known.moved_at,
    known.restores,
    known.promotions,
    extract(EPOCH FROM clock_timestamp() - known.moved_at)::double precision AS age_seconds
FROM backbeat.server AS known
