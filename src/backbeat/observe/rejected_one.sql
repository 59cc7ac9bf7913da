SELECT
    height,
    tx_index,
    play_index,
    tx_hash,
    block_time,
    kind,
    left(entity_type, 200) AS entity_type,
    left(action, 200) AS action,
    user_id,
    entity_id,
    left(signer, 200) AS signer,
    reason,
    left(field, 200) AS field,
    left(detail, 200) AS detail,
    octet_length(raw) AS raw_bytes,
    raw
FROM backbeat.rejected_transactions
WHERE
    chain_id = (SELECT cursor.chain_id FROM backbeat.cursor AS cursor)
    AND height = %(height)s
    AND tx_index = %(tx_index)s
    AND play_index = %(play_index)s
