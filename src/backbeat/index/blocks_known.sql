-- The numbers and heights of blocks by their hashes; and behind no hash at all the last id of plays.
-- Hashes are looked up by the index over hashes, "chain_id" compared behind it in a way that no index serves: a server that
-- has no statistics of the table yet would else walk through the chain by the primary key, for every batch.
SELECT blockhash, number, NULL::integer AS height
FROM blocks
WHERE blockhash = ANY (%(hashes)b) OR number = (SELECT max(number) FROM blocks)
UNION ALL
SELECT blockhash, NULL, height
FROM core_indexed_blocks
WHERE blockhash = ANY (%(hashes)b) AND chain_id IS NOT DISTINCT FROM %(chain_id)s
UNION ALL
SELECT NULL, NULL, max(id)
FROM plays
