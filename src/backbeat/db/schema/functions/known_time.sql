CREATE OR REPLACE FUNCTION backbeat.known_time(block integer, otherwise timestamp) RETURNS timestamp
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(
        backbeat.time_of_block(known_time.block),
        known_time.otherwise,
        (SELECT cursor.block_time FROM backbeat.cursor AS cursor)
    )
$$;

COMMENT ON FUNCTION backbeat.known_time (integer, timestamp) IS
'The time of a block; of one before histories began, what else is known of it, or the time of the newest block.';
