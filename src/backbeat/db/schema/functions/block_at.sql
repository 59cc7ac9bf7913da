-- Numbers and times of blocks grow together, so the block is found by halving: as many probes as the numbers have bits.
CREATE OR REPLACE FUNCTION backbeat.block_at(instant timestamp) RETURNS integer
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first integer := (SELECT min(block_number) FROM backbeat.past_frontiers);
    low integer := coalesce(first, 0) - 1;
    high integer := coalesce((SELECT max(block_number) FROM backbeat.past_frontiers), 0);
    middle integer;
    reached record;
BEGIN
    IF first IS NULL THEN
        RETURN (SELECT cursor.block_number FROM backbeat.cursor AS cursor);
    END IF;
    WHILE low < high LOOP
        middle := (low::bigint + high + 1) / 2;
        SELECT begun.block_number, begun.block_time INTO reached
        FROM backbeat.past_frontiers AS begun
        WHERE begun.block_number = (
            SELECT max(known.block_number) FROM backbeat.past_frontiers AS known WHERE known.block_number <= middle
        )
        ORDER BY begun.play_id
        LIMIT 1;
        IF reached.block_time <= instant THEN
            low := middle;
        ELSE
            high := reached.block_number - 1;
        END IF;
    END LOOP;
    RETURN CASE WHEN low >= first THEN (
        SELECT max(known.block_number) FROM backbeat.past_frontiers AS known WHERE known.block_number <= low
    ) END;
END $$;

COMMENT ON FUNCTION backbeat.block_at (timestamp) IS
'The last block that was there at an instant; NULL where none was that is known.';
