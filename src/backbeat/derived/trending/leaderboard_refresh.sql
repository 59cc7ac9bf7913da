-- Lists some leaders again. An item that keeps its rank keeps its row; one that moved has the rank before beside the new.
WITH asked AS MATERIALIZED (
    SELECT
        list,
        backbeat.trending_version() AS version,
        time_range,
        '' AS genre
    FROM unnest(%(lists)s::text [], %(time_ranges)s::text []) AS asked (list, time_range)
),
fresh AS MATERIALIZED (
    SELECT
        asked.*,
        leader.rank::smallint AS rank,
        leader.track_id AS id
    FROM asked
    CROSS JOIN LATERAL (
        SELECT rank, track_id
        FROM backbeat.trending_top(asked.version, asked.time_range, asked.genre, %(ranks_max)s)
        WHERE asked.list = 'top'
        UNION ALL
        SELECT rank, track_id
        FROM backbeat.trending_underground(asked.version, asked.time_range, asked.genre, %(ranks_max)s)
        WHERE asked.list = 'underground'
    ) AS leader
),
stored AS MATERIALIZED (
    SELECT
        at.list,
        at.version,
        at.time_range,
        at.genre,
        at.rank,
        at.id
    FROM backbeat.trending_leaders AS at
    JOIN asked USING (list, version, time_range, genre)
    WHERE at.kind = 'TRACKS'
),
moved AS MATERIALIZED (
    SELECT
        fresh.*,
        before.rank AS previous_rank,
        there.rank IS NULL AS is_longer
    FROM fresh
    LEFT JOIN stored AS before USING (list, version, time_range, genre, id)
    LEFT JOIN stored AS there
        ON (there.list, there.version, there.time_range, there.genre, there.rank)
        = (fresh.list, fresh.version, fresh.time_range, fresh.genre, fresh.rank)
    WHERE before.rank IS DISTINCT FROM fresh.rank
),
updated AS (
    UPDATE backbeat.trending_leaders AS at
    SET id = moved.id, previous_rank = moved.previous_rank, since = %(now)s::timestamp
    FROM moved
    WHERE
        at.kind = 'TRACKS' AND NOT moved.is_longer
        AND (at.list, at.version, at.time_range, at.genre, at.rank)
        = (moved.list, moved.version, moved.time_range, moved.genre, moved.rank)
),
inserted AS (
    INSERT INTO backbeat.trending_leaders (
        kind, list, version, time_range, genre, rank, id, previous_rank, since
    )
    SELECT
        'TRACKS',
        list,
        version,
        time_range,
        genre,
        rank,
        id,
        previous_rank,
        %(now)s::timestamp
    FROM moved
    WHERE is_longer
)
DELETE FROM backbeat.trending_leaders AS at
USING stored
WHERE
    at.kind = 'TRACKS'
    AND (at.list, at.version, at.time_range, at.genre, at.rank)
    = (stored.list, stored.version, stored.time_range, stored.genre, stored.rank)
    AND NOT EXISTS (
        SELECT FROM fresh
        WHERE
            (fresh.list, fresh.version, fresh.time_range, fresh.genre, fresh.rank)
            = (stored.list, stored.version, stored.time_range, stored.genre, stored.rank)
    )
