CREATE OR REPLACE FUNCTION backbeat.first_active_block(user_id integer, from_block integer, until_block integer)
RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT min(candidate.block)
    FROM (
        SELECT first_active_block.from_block AS block
        WHERE NOT backbeat.is_deactivated_as_of(first_active_block.user_id, first_active_block.from_block)
        UNION ALL
        SELECT person.since_block
        FROM backbeat.user_versions AS person
        WHERE
            person.user_id = first_active_block.user_id AND NOT person.is_deactivated
            AND person.since_block > first_active_block.from_block
            AND person.since_block < first_active_block.until_block
    ) AS candidate
    WHERE candidate.block < first_active_block.until_block
$$;

COMMENT ON FUNCTION backbeat.first_active_block (integer, integer, integer) IS
'The first block, from one on and before another, at whose end the user is not deactivated; NULL: none. A user of whom no
row is known is not deactivated.';
