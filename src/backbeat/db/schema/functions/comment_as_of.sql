-- inlined
CREATE OR REPLACE FUNCTION backbeat.comment_as_of(of_comment integer, block integer)
RETURNS TABLE (
    comment_id integer,
    since_block integer,
    until_block integer,
    user_id integer,
    entity_type text,
    entity_id integer,
    is_delete boolean,
    is_visible boolean,
    created_at timestamp,
    since_time timestamp
)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT
        version.comment_id,
        version.since_block,
        version.until_block,
        version.user_id,
        version.entity_type,
        version.entity_id,
        version.is_delete,
        version.is_visible,
        version.created_at,
        version.since_time
    FROM backbeat.comment_versions AS version
    WHERE
        version.comment_id = of_comment AND coalesce(version.since_block, 0) <= block
        AND (version.until_block IS NULL OR version.until_block > block)
$$;

COMMENT ON FUNCTION backbeat.comment_as_of (integer, integer) IS
'What a comment was at the end of a block; no row where there was none. Below backbeat.history_floor() that may be one
of which nothing is known.';
