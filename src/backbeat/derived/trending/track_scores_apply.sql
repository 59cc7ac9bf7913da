-- Brings the scores of some tracks to what the query says, touching only rows that differ, and answers which lists that may
-- show in: a list changes only if a score moved that was, or is, at or above its last one. Tracks that were reviewed may
-- enter or leave the underground with the scores that they have. Rows are found again at the place where they were compared.
-- Runs lock their positions and those of a group are serial; if another session has written a row, fewer are written
-- than differ, and the caller sees that.
WITH fresh AS MATERIALIZED (
    SELECT * FROM {query} AS computed
),
differing AS MATERIALIZED (
    SELECT
        track_id,
        type,
        version,
        time_range,
        fresh.genre,
        fresh.score,
        fresh.created_at,
        stored.genre AS old_genre,
        stored.score AS old_score,
        stored.place
    FROM fresh
    FULL JOIN (
        SELECT at.track_id, at.type, at.version, at.time_range, at.genre, at.score, at.ctid AS place
        FROM track_trending_scores AS at
        WHERE at.type IN ('TRACKS', 'UNDERGROUND_TRACKS') AND at.track_id = ANY (%(keys)b::integer [])
    ) AS stored USING (track_id, type, version, time_range)
    WHERE (fresh.score, fresh.genre) IS DISTINCT FROM (stored.score, stored.genre)
),
updated AS (
    UPDATE track_trending_scores AS at
    SET (genre, score, created_at) = ROW (differing.genre, differing.score, differing.created_at)
    FROM differing
    WHERE at.ctid = differing.place AND differing.score IS NOT NULL
    RETURNING 1
),
inserted AS (
    INSERT INTO track_trending_scores (track_id, type, genre, version, time_range, score, created_at)
    SELECT
        track_id,
        type,
        genre,
        version,
        time_range,
        score,
        created_at
    FROM differing
    WHERE place IS NULL
    ORDER BY track_id, type, version, time_range
    RETURNING 1
),
deleted AS (
    DELETE FROM track_trending_scores AS at
    USING differing
    WHERE at.ctid = differing.place AND differing.score IS NULL
    RETURNING 1
),
moved AS (
    SELECT
        changed.time_range,
        max(changed.best) AS best
    FROM (
        SELECT
            version,
            time_range,
            greatest(score, old_score) AS best
        FROM differing
        WHERE type = 'TRACKS'
        UNION ALL
        SELECT
            version,
            time_range,
            score
        FROM fresh
        WHERE type = 'TRACKS' AND track_id = ANY (%(reviewed)b::integer [])
    ) AS changed
    WHERE changed.version = backbeat.trending_version()
    GROUP BY changed.time_range
),
touched AS (
    SELECT
        list.name,
        moved.time_range
    FROM moved
    CROSS JOIN (VALUES ('top'), ('underground')) AS list (name)
    LEFT JOIN LATERAL (
        SELECT at.score
        FROM (
            SELECT leader.id, leader.kind, leader.version, leader.time_range
            FROM backbeat.trending_leaders AS leader
            WHERE
                leader.kind = 'TRACKS' AND leader.list = list.name AND leader.version = backbeat.trending_version()
                AND leader.time_range = moved.time_range AND leader.genre = '' AND leader.rank = %(ranks_max)s
            OFFSET 0 -- one entry, and its score by key
        ) AS leader
        JOIN track_trending_scores AS at
            ON at.track_id = leader.id AND at.type = leader.kind AND at.version = leader.version
            AND at.time_range = leader.time_range
    ) AS last ON true
    WHERE moved.best >= coalesce(last.score, 0)
)
SELECT
    (SELECT count(*) FROM fresh) AS computed,
    (SELECT count(*) FROM differing) AS differing,
    (SELECT count(*) FROM inserted) AS inserted,
    (SELECT count(*) FROM updated) AS updated,
    (SELECT count(*) FROM deleted) AS deleted,
    coalesce(
        (SELECT array_agg(ARRAY[name, time_range]) FROM touched), '{{}}'
    ) AS touched
