-- inlined
-- Whether a track is a remix, or was one at some block: what was done meanwhile is judged as of then.
CREATE OR REPLACE FUNCTION backbeat.was_remix(of_track integer)
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT
        EXISTS (SELECT FROM remixes WHERE remixes.child_track_id = of_track)
        OR EXISTS (
            SELECT FROM backbeat.past_tracks AS kept WHERE kept.track_id = of_track AND kept.parents IS NOT NULL
        )
$$;
