CREATE OR REPLACE FUNCTION backbeat.trending_underground(version text, time_range text, genre text, ranks_max integer)
RETURNS TABLE (rank bigint, track_id integer, score double precision)
LANGUAGE sql STABLE AS $$
    WITH top AS MATERIALIZED (
        SELECT near.rank, near.track_id, near.score
        FROM backbeat.trending_top(version, time_range, genre, 20 + ranks_max + ranks_max / 4) AS near
    ), small AS MATERIALIZED (
        SELECT top.track_id, top.score
        FROM top
        CROSS JOIN LATERAL (
            SELECT
            FROM public.tracks AS track
            JOIN public.aggregate_user AS artist ON artist.user_id = track.owner_id
            WHERE track.track_id = top.track_id
                AND backbeat.is_underground_track(track) AND backbeat.is_small_artist(artist)
            LIMIT 1
        ) AS fits
        WHERE top.rank > 20
    ), depth AS MATERIALIZED (
        SELECT (SELECT count(*) FROM small) >= ranks_max
            OR (SELECT count(*) FROM top) < 20 + ranks_max + ranks_max / 4 AS is_enough
    ), listed AS (
        SELECT small.track_id, small.score FROM small CROSS JOIN depth WHERE depth.is_enough
        UNION ALL
        SELECT deep.track_id, deep.score
        FROM depth
        CROSS JOIN LATERAL backbeat.trending_underground_deep(version, time_range, genre, ranks_max) AS deep
        WHERE NOT depth.is_enough
    )
    SELECT row_number() OVER (ORDER BY listed.score DESC, listed.track_id DESC), listed.track_id, listed.score
    FROM listed
    ORDER BY listed.score DESC, listed.track_id DESC
    LIMIT ranks_max
$$;

COMMENT ON FUNCTION backbeat.trending_underground (text, text, text, integer) IS
'The same list without its first twenty, and of small artists alone (domain: 2.6).';
