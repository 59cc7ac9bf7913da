-- Where the cursor stands, or without one the blocks of an adopted database, another program wrote the last blocks, an older
-- version say, which keeps no histories: they are whole from there on.
UPDATE backbeat.histories AS kept
SET from_block = at.block_number, from_play = at.play_id
FROM (
    SELECT block_number, play_id FROM backbeat.cursor
    UNION ALL
    SELECT coalesce((SELECT max(number) FROM blocks), 0), coalesce((SELECT max(id) FROM plays), 0)
    WHERE NOT EXISTS (SELECT FROM backbeat.cursor)
) AS at
WHERE
    (kept.from_block, kept.from_play) <> (at.block_number, at.play_id)
    AND NOT EXISTS (
        SELECT FROM backbeat.past_frontiers AS reached
        WHERE reached.block_number = at.block_number AND reached.play_id = at.play_id
    )
