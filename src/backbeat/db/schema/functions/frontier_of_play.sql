-- inlined
CREATE OR REPLACE FUNCTION backbeat.frontier_of_play(play bigint) RETURNS SETOF backbeat.past_frontiers
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT reached.*
    FROM backbeat.past_frontiers AS reached
    WHERE
        reached.play_id >= play
        AND play > (SELECT kept.from_play FROM backbeat.histories AS kept WHERE kept.table_name = 'plays')
    ORDER BY reached.play_id, reached.block_number
    LIMIT 1
$$;

COMMENT ON FUNCTION backbeat.frontier_of_play (bigint) IS
'The block that holds a play: its block_number is that as of which the play is judged. No row for a play before histories.';
