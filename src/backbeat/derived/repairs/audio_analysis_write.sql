-- Fill what is still missing with what nodes answered, NULL what they did not. Rows come one by one in order, and those
-- that another session has locked are passed over: they are answered nothing of, and come again.
WITH answered AS (
    SELECT *
    FROM unnest(
        %(track_ids)s::integer [], %(subjects)s::uuid [],
        %(musical_keys)s::text [], %(bpms)s::double precision [], %(error_counts)s::integer []
    ) AS answer (track_id, subject, musical_key, bpm, error_count)
),
held AS MATERIALIZED (
    SELECT
        t.track_id,
        backbeat.repair_subject(t) AS subject,
        backbeat.lacks_analysis(t) AS is_lacking,
        t.musical_key IS NULL AND t.is_custom_musical_key IS NOT TRUE AS lacks_key,
        t.bpm IS NULL AND t.is_custom_bpm IS NOT TRUE AS lacks_bpm,
        t.audio_analysis_error_count AS error_count
    FROM tracks AS t
    WHERE t.track_id = ANY (%(track_ids)s::integer []) AND t.is_current
    ORDER BY t.track_id
    FOR NO KEY UPDATE SKIP LOCKED
),
fresh AS (
    SELECT
        track_id,
        CASE WHEN held.lacks_key THEN answered.musical_key END AS musical_key,
        CASE WHEN held.lacks_bpm THEN answered.bpm END AS bpm,
        nullif(answered.error_count, held.error_count) AS error_count
    FROM held
    INNER JOIN answered USING (track_id, subject)
    WHERE held.is_lacking
),
written AS (
    UPDATE tracks AS t
    SET
        musical_key = coalesce(fresh.musical_key, t.musical_key),
        bpm = coalesce(fresh.bpm, t.bpm),
        audio_analysis_error_count = coalesce(fresh.error_count, t.audio_analysis_error_count)
    FROM fresh
    WHERE
        t.track_id = fresh.track_id AND t.is_current
        AND num_nonnulls(fresh.musical_key, fresh.bpm, fresh.error_count) > 0
    RETURNING t.track_id, backbeat.lacks_analysis(t) AS is_lacking
)
SELECT
    held.track_id,
    coalesce(written.is_lacking, held.is_lacking) AS is_lacking,
    written.track_id IS NOT NULL AS is_written
FROM held
LEFT JOIN written ON written.track_id = held.track_id
