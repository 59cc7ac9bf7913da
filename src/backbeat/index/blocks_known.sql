SELECT blockhash, number, NULL::integer AS height
FROM blocks
WHERE blockhash = ANY (%(hashes)b) OR number = (SELECT max(number) FROM blocks)
UNION ALL
SELECT blockhash, NULL, height
FROM core_indexed_blocks
WHERE blockhash = ANY (%(hashes)b) AND chain_id = %(chain_id)s
