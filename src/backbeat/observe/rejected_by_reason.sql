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
    octet_length(raw) AS raw_bytes
FROM backbeat.rejected_transactions
WHERE
    reason = %(reason)s
    AND height <= %(height)s
    AND (height, tx_index, play_index) < (%(height)s, %(tx_index)s, %(play_index)s)
ORDER BY height DESC, tx_index DESC, play_index DESC
LIMIT %(limit)s
