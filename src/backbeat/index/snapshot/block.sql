INSERT INTO blocks (blockhash, number)
VALUES (%(block_hash)s, 1)
ON CONFLICT DO NOTHING
RETURNING number
