SELECT height
FROM backbeat.rejected_bytes
WHERE chain_id = (SELECT cursor.chain_id FROM backbeat.cursor AS cursor)
ORDER BY height, tx_index
LIMIT 1
