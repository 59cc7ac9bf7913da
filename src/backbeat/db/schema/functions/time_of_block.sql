CREATE OR REPLACE FUNCTION backbeat.time_of_block(block integer) RETURNS timestamp
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT reached.block_time
    FROM backbeat.past_frontiers AS reached
    WHERE reached.block_number = block
    ORDER BY reached.play_id
    LIMIT 1
$$;

COMMENT ON FUNCTION backbeat.time_of_block (integer) IS
'When a block was, by its em number; NULL of one that is not known.';
