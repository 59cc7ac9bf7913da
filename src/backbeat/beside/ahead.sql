-- The last play that was covered though its slot was no block that was noted or next; no row where the chain has come there, or the
-- slot was put right.
SELECT play.id AS play_id, play.slot, cursor.height
FROM backbeat.beside AS beside
CROSS JOIN backbeat.cursor AS cursor
JOIN plays AS play ON play.id = beside.ahead_play
WHERE play.slot > cursor.height
