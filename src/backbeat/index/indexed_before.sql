SELECT height, lower(blockhash)
FROM core_indexed_blocks
WHERE chain_id = %(chain_id)s AND height <= %(height)s
ORDER BY height DESC
LIMIT 1
