-- Small artists' tracks behind the twenty best. Nearly all are small, so a look a little deeper than asked is enough as a
-- rule; where it is not, this looks four times as deep until it is.
CREATE OR REPLACE FUNCTION backbeat.trending_underground_deep(version text, time_range text, genre text, ranks_max integer)
RETURNS TABLE (track_id integer, score double precision)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    depth integer := 20 + 4 * ranks_max;
    seen bigint;
    small_tracks integer[];
    small_scores double precision[];
BEGIN
    LOOP
        SELECT
            count(*),
            array_agg(top.track_id ORDER BY top.rank) FILTER (WHERE artist.user_id IS NOT NULL),
            array_agg(top.score ORDER BY top.rank) FILTER (WHERE artist.user_id IS NOT NULL)
        INTO seen, small_tracks, small_scores
        FROM backbeat.trending_top(version, time_range, genre, depth) AS top
        LEFT JOIN public.tracks AS track
            ON track.track_id = top.track_id AND backbeat.is_underground_track(track) AND top.rank > 20
        LEFT JOIN public.aggregate_user AS artist
            ON artist.user_id = track.owner_id AND backbeat.is_small_artist(artist);
        EXIT WHEN seen < depth OR cardinality(small_tracks) >= ranks_max;
        depth := 4 * depth;
    END LOOP;
    RETURN QUERY
    SELECT found.track_id, found.score
    FROM unnest(small_tracks, small_scores) WITH ORDINALITY AS found (track_id, score, rank)
    WHERE found.rank <= ranks_max;
END
$$;
