-- inlined
-- Who lays versions of several rows beside each other reads only those that meet: all with all are the product of two histories.
CREATE OR REPLACE FUNCTION backbeat.comment_within(of_comment integer, from_block integer, until_block integer)
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
    SELECT * FROM backbeat.comment_as_of(of_comment, from_block)
    UNION ALL
    SELECT *
    FROM backbeat.comment_versions AS later
    WHERE
        later.comment_id = of_comment AND later.since_block > from_block
        AND later.since_block < coalesce(comment_within.until_block, 2147483647)
$$;

COMMENT ON FUNCTION backbeat.comment_within (integer, integer, integer) IS
'What a comment was at the end of any block from one on and before another; before NULL: up to now.';
