-- Looks through the five thousand best, and then, for missing places, through a thousand scores of 0, newest first.
CREATE OR REPLACE FUNCTION backbeat.trending_playlists(time_range text, is_album boolean, ranks_max integer)
RETURNS TABLE (rank bigint, playlist_id integer, owner_id integer, score double precision)
LANGUAGE sql STABLE AS $$
    WITH best AS MATERIALIZED (
        SELECT ranked.*
        FROM (
            SELECT s.playlist_id, s.score, s.magnitude
            FROM backbeat.playlist_scores() AS s
            WHERE
                s.time_range = trending_playlists.time_range AND s.magnitude > 0
            ORDER BY s.magnitude DESC, s.score DESC, s.playlist_id DESC
            LIMIT 5000
        ) AS ranked
        WHERE backbeat.is_listed(ranked.playlist_id, trending_playlists.is_album)
        ORDER BY ranked.magnitude DESC, ranked.score DESC, ranked.playlist_id DESC
        LIMIT ranks_max
    ), rest AS MATERIALIZED (
        SELECT ranked.*
        FROM (
            SELECT s.playlist_id, s.score, s.magnitude
            FROM backbeat.playlist_scores() AS s
            WHERE
                s.time_range = trending_playlists.time_range AND s.magnitude = 0
            ORDER BY s.playlist_id DESC
            LIMIT 1000
        ) AS ranked
        WHERE backbeat.is_listed(ranked.playlist_id, trending_playlists.is_album)
        ORDER BY ranked.playlist_id DESC
        LIMIT (SELECT greatest(ranks_max - count(*), 0) FROM best)
    )
    SELECT
        row_number() OVER (ORDER BY listed.score DESC, listed.playlist_id DESC),
        listed.playlist_id,
        p.playlist_owner_id,
        listed.score
    FROM (SELECT * FROM best UNION ALL SELECT * FROM rest) AS listed
    JOIN public.playlists AS p ON p.playlist_id = listed.playlist_id AND p.is_current
    ORDER BY listed.score DESC, listed.playlist_id DESC
$$;

COMMENT ON FUNCTION backbeat.trending_playlists (text, boolean, integer) IS
'Playlists, or albums, by score, then id, both descending (domain: derived state, 2.6).';
