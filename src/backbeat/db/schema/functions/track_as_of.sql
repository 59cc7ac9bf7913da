-- inlined
CREATE OR REPLACE FUNCTION backbeat.track_as_of(of_track integer, block integer)
RETURNS TABLE (
    track_id integer,
    since_block integer,
    until_block integer,
    owner_id integer,
    is_delete boolean,
    is_unlisted boolean,
    is_available boolean,
    is_stem boolean,
    is_stream_gated boolean,
    releases_at timestamp,
    pinned_comment_id integer,
    parents integer [],
    since_time timestamp
)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT
        version.track_id,
        version.since_block,
        version.until_block,
        version.owner_id,
        version.is_delete,
        version.is_unlisted,
        version.is_available,
        version.is_stem,
        version.is_stream_gated,
        version.releases_at,
        version.pinned_comment_id,
        version.parents,
        version.since_time
    FROM backbeat.track_versions AS version
    WHERE
        version.track_id = of_track AND coalesce(version.since_block, 0) <= block
        AND (version.until_block IS NULL OR version.until_block > block)
$$;

COMMENT ON FUNCTION backbeat.track_as_of (integer, integer) IS
'What a track was at the end of a block; no row where there was none. Below backbeat.history_floor() that may be one
of which nothing is known.';
