UPDATE backbeat.adoptions
SET released_at = clock_timestamp(), released_height = cursor.height
FROM backbeat.cursor AS cursor
WHERE adoptions.released_at IS NULL
RETURNING released_height
