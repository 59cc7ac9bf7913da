SELECT raw
FROM backbeat.rejected_bytes
WHERE
    chain_id = coalesce(%(chain_id)s::text, (SELECT cursor.chain_id FROM backbeat.cursor AS cursor))
    AND height = %(height)s::bigint
    AND tx_index = %(tx_index)s::integer
