-- As audio_analysis_write.sql, with the CID that nodes agree on.
WITH answered AS (
    SELECT *
    FROM unnest(%(track_ids)s::integer [], %(subjects)s::uuid [], %(cids)s::text []) AS answer (track_id, subject, cid)
),
held AS MATERIALIZED (
    SELECT
        t.track_id,
        backbeat.repair_subject(t) AS subject,
        backbeat.lacks_cid(t) AS is_lacking
    FROM tracks AS t
    WHERE t.track_id = ANY (%(track_ids)s::integer []) AND t.is_current
    ORDER BY t.track_id
    FOR NO KEY UPDATE SKIP LOCKED
),
written AS (
    UPDATE tracks AS t
    SET track_cid = answered.cid
    FROM held
    INNER JOIN answered USING (track_id, subject)
    WHERE t.track_id = held.track_id AND t.is_current AND held.is_lacking AND answered.cid IS NOT NULL
    RETURNING t.track_id
)
SELECT
    held.track_id,
    held.is_lacking AND written.track_id IS NULL AS is_lacking,
    written.track_id IS NOT NULL AS is_written
FROM held
LEFT JOIN written ON written.track_id = held.track_id
