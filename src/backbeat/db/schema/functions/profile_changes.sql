-- inlined
CREATE OR REPLACE FUNCTION backbeat.profile_changes(of_user integer, after_block integer, upto_block integer)
RETURNS SETOF integer
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT DISTINCT changed.block
    FROM (
        SELECT since_block, until_block FROM backbeat.user_versions WHERE user_id = of_user
        UNION ALL
        SELECT since_block, until_block FROM backbeat.follow_versions WHERE follower_user_id = of_user
        UNION ALL
        SELECT since_block, until_block FROM backbeat.repost_versions WHERE user_id = of_user
        UNION ALL
        SELECT since_block, until_block FROM backbeat.save_versions WHERE user_id = of_user
    ) AS version
    CROSS JOIN LATERAL (VALUES (version.since_block), (version.until_block)) AS changed (block)
    WHERE changed.block > after_block AND changed.block <= upto_block
    ORDER BY changed.block
$$;

COMMENT ON FUNCTION backbeat.profile_changes (integer, integer, integer) IS
'The blocks at which anything began or ended that a user''s profile is judged by, in order.';
