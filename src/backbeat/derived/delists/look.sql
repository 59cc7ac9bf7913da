-- Where one kind of decision stands: at most one row of each table.
SELECT
    progress.entity IS NOT NULL AS is_known,
    (
        SELECT taken.created_at FROM delist_status_cursor AS taken
        WHERE taken.host = %(host)s AND taken.entity = asked.entity
    ) AS reached,
    (
        SELECT true FROM backbeat.delistings AS waiting
        WHERE waiting.entity = asked.entity AND waiting.is_pending
        LIMIT 1
    ) IS TRUE AS has_pending,
    progress.ask_after,
    coalesce(progress.compared_upto, 0) AS compared_upto,
    progress.round_ended_at,
    enum_range(NULL::{reasons})::text [] AS reasons
FROM (SELECT %(entity)s::delist_entity AS entity) AS asked
LEFT JOIN backbeat.delist_progress AS progress ON progress.entity = asked.entity
