-- inlined
CREATE OR REPLACE FUNCTION backbeat.playlist_as_of(of_playlist integer, block integer)
RETURNS TABLE (
    playlist_id integer,
    since_block integer,
    until_block integer,
    owner_id integer,
    is_delete boolean,
    is_private boolean,
    is_album boolean,
    has_entries boolean,
    since_time timestamp
)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT
        version.playlist_id,
        version.since_block,
        version.until_block,
        version.owner_id,
        version.is_delete,
        version.is_private,
        version.is_album,
        version.has_entries,
        version.since_time
    FROM backbeat.playlist_versions AS version
    WHERE
        version.playlist_id = of_playlist AND coalesce(version.since_block, 0) <= block
        AND (version.until_block IS NULL OR version.until_block > block)
$$;

COMMENT ON FUNCTION backbeat.playlist_as_of (integer, integer) IS
'What a playlist was at the end of a block; no row where there was none. Below backbeat.history_floor() that may be one
of which nothing is known.';
