-- Both columns only grow, so what is not behind the newest row is there already.
INSERT INTO backbeat.past_frontiers (block_number, play_id, height, block_time)
SELECT block_number, play_id, height, block_time
FROM unnest(
    %(numbers)s::integer[], %(play_ids)s::bigint[], %(heights)s::bigint[], %(times)s::timestamp[]
) AS at (block_number, play_id, height, block_time)
WHERE ((block_number, play_id) > (
    SELECT newest.block_number, newest.play_id
    FROM backbeat.past_frontiers AS newest
    ORDER BY newest.block_number DESC, newest.play_id DESC
    LIMIT 1
)) IS NOT FALSE
