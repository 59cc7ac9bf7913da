CREATE OR REPLACE FUNCTION backbeat.is_deactivated_as_of(user_id integer, block integer) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT EXISTS (
        SELECT FROM backbeat.user_as_of(is_deactivated_as_of.user_id, is_deactivated_as_of.block) AS person
        WHERE person.is_deactivated
    )
$$;

COMMENT ON FUNCTION backbeat.is_deactivated_as_of (integer, integer) IS
'Whether the user is known and deactivated at the end of a block.';
