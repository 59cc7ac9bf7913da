INSERT INTO backbeat.tastemaker_lists (blocknumber, tracks)
SELECT
    frontier.block_number,
    %(tracks)s::integer []
FROM backbeat.frontier
ON CONFLICT (blocknumber) DO NOTHING
