-- The best, scores of 0 by id behind all others. The genre '' stands for all.
CREATE OR REPLACE FUNCTION backbeat.trending_top(version text, time_range text, genre text, ranks_max integer)
RETURNS TABLE (rank bigint, track_id integer, score double precision)
LANGUAGE sql STABLE AS $$
    WITH scored AS MATERIALIZED (
        (
            SELECT s.track_id, s.score
            FROM public.track_trending_scores AS s
            WHERE trending_top.genre = '' AND s.type = 'TRACKS'
                AND s.version = trending_top.version AND s.time_range = trending_top.time_range
                AND s.magnitude > 0
            ORDER BY s.magnitude DESC
            FETCH FIRST (ranks_max) ROWS WITH TIES
        )
        UNION ALL
        (
            SELECT s.track_id, s.score
            FROM public.track_trending_scores AS s
            WHERE trending_top.genre <> '' AND s.type = 'TRACKS'
                AND s.version = trending_top.version AND s.time_range = trending_top.time_range
                AND s.genre = trending_top.genre AND s.magnitude > 0
            ORDER BY s.magnitude DESC
            FETCH FIRST (ranks_max) ROWS WITH TIES
        )
    ), rest AS MATERIALIZED (
        SELECT greatest(ranks_max - count(*), 0) AS size FROM scored
    ), listed AS (
        SELECT scored.track_id, scored.score FROM scored
        UNION ALL
        (
            SELECT s.track_id, s.score
            FROM public.track_trending_scores AS s
            WHERE trending_top.genre = '' AND s.type = 'TRACKS'
                AND s.version = trending_top.version AND s.time_range = trending_top.time_range
                AND s.magnitude = 0
            ORDER BY s.track_id DESC
            LIMIT (SELECT size FROM rest)
        )
        UNION ALL
        (
            SELECT s.track_id, s.score
            FROM public.track_trending_scores AS s
            WHERE trending_top.genre <> '' AND s.type = 'TRACKS'
                AND s.version = trending_top.version AND s.time_range = trending_top.time_range
                AND s.genre = trending_top.genre AND s.magnitude = 0
            ORDER BY s.track_id DESC
            LIMIT (SELECT size FROM rest)
        )
    )
    SELECT row_number() OVER (ORDER BY listed.score DESC, listed.track_id DESC), listed.track_id, listed.score
    FROM listed
    ORDER BY listed.score DESC, listed.track_id DESC
    LIMIT ranks_max
$$;

COMMENT ON FUNCTION backbeat.trending_top (text, text, text, integer) IS
'Tracks by score, then id, both descending (domain: derived state, 2.6). The genre '''' stands for all.';
