-- What is kept and what is counted are read by one statement, so a difference is true drift whatever is written meanwhile.
-- It is corrected by adding it, which holds for the row as it is by then; rows that another session has locked are passed over.
WITH kept AS MATERIALIZED (
    SELECT * FROM aggregate_track WHERE track_id = ANY (%(keys)b::int [])
),
counted AS MATERIALIZED (
    SELECT found.* FROM {counted} AS found
),
wrong AS MATERIALIZED (
    SELECT
        track_id,
        counted.repost_count - coalesce(kept.repost_count, 0) AS repost_count,
        counted.save_count - coalesce(kept.save_count, 0) AS save_count,
        counted.share_count - coalesce(kept.share_count, 0) AS share_count,
        counted.comment_count - coalesce(kept.comment_count, 0) AS comment_count
    FROM kept
    JOIN counted USING (track_id)
    WHERE
        (kept.repost_count, kept.save_count, kept.share_count, kept.comment_count)
        IS DISTINCT FROM
        (counted.repost_count, counted.save_count, counted.share_count, counted.comment_count)
),
held AS MATERIALIZED (
    SELECT track_id
    FROM aggregate_track
    WHERE track_id IN (SELECT track_id FROM wrong)
    ORDER BY track_id
    FOR NO KEY UPDATE SKIP LOCKED
),
corrected AS (
    UPDATE aggregate_track AS at
    SET
        repost_count = coalesce(at.repost_count, 0) + wrong.repost_count,
        save_count = coalesce(at.save_count, 0) + wrong.save_count,
        share_count = coalesce(at.share_count, 0) + wrong.share_count,
        comment_count = coalesce(at.comment_count, 0) + wrong.comment_count
    FROM wrong
    JOIN held USING (track_id)
    WHERE at.track_id = wrong.track_id
    RETURNING at.track_id
)
SELECT
    ARRAY(SELECT track_id FROM corrected ORDER BY track_id) AS corrected,
    ARRAY(SELECT track_id FROM wrong EXCEPT SELECT track_id FROM corrected ORDER BY track_id) AS passed_over
