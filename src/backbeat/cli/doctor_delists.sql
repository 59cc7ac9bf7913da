-- Where asking about users, and about tracks, stands.
SELECT
    asked.about,
    reached.created_at AS reached,
    progress.waits_for,
    progress.waits_until,
    coalesce(job.error, '') AS error,
    coalesce(job.cure, '') AS cure,
    (
        SELECT count(*) FROM backbeat.delist_asides AS aside WHERE aside.entity = asked.entity
    ) AS asides
FROM (
    VALUES ('users', 'USERS'::delist_entity), ('tracks', 'TRACKS'::delist_entity)
) AS asked (about, entity)
LEFT JOIN delist_status_cursor AS reached ON reached.entity = asked.entity AND reached.host = %(host)s
LEFT JOIN backbeat.delist_progress AS progress ON progress.entity = asked.entity
LEFT JOIN backbeat.jobs AS job ON job.name = 'delists.' || asked.about
ORDER BY asked.entity DESC
