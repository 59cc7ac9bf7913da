-- inlined
-- Versions follow each other, so the last that began by then is the one, and the newest alone may have no end: two probes,
-- however many there are.
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
        coalesce(
            (
                SELECT reached.block_time
                FROM backbeat.past_frontiers AS reached
                WHERE reached.block_number = version.since_block
                ORDER BY reached.play_id
                LIMIT 1
            ),
            version.changed_at
        ) AS since_time
    FROM (
        (
            SELECT
                kept.comment_id,
                kept.since_block,
                kept.until_block,
                kept.user_id,
                kept.entity_type,
                kept.entity_id,
                kept.is_delete,
                kept.is_visible,
                kept.created_at,
                NULL::timestamp AS changed_at
            FROM backbeat.past_comments AS kept
            WHERE kept.comment_id = of_comment AND kept.since_block <= block
            ORDER BY kept.since_block DESC
            LIMIT 1
        )
        UNION ALL
        SELECT
            told.comment_id,
            told.blocknumber AS since_block,
            NULL::integer AS until_block,
            told.user_id,
            told.entity_type,
            told.entity_id,
            told.is_delete IS NOT FALSE AS is_delete,
            told.is_visible IS TRUE AS is_visible,
            told.created_at,
            told.updated_at AS changed_at
        FROM public.comments AS told
        WHERE
            told.comment_id = of_comment AND coalesce(told.blocknumber, 0) <= block
            AND (
                SELECT newest.until_block IS NOT NULL
                FROM (
                    SELECT kept.until_block
                    FROM backbeat.past_comments AS kept
                    WHERE kept.comment_id = of_comment
                    ORDER BY kept.since_block DESC
                    LIMIT 1
                ) AS newest
            ) IS NOT FALSE
    ) AS version
    WHERE version.until_block IS NULL OR version.until_block > block
$$;

COMMENT ON FUNCTION backbeat.comment_as_of (integer, integer) IS
'What a comment was at the end of a block; no row where there was none. Below backbeat.history_floor() that may be one
of which nothing is known.';
