SELECT
    height, tx_index, play_index, refused_plays, tx_hash, block_time, kind, entity_type, action, user_id, entity_id,
    signer, reason, field, detail
FROM backbeat.rejected_transactions
WHERE
    chain_id = (SELECT cursor.chain_id FROM backbeat.cursor AS cursor)
    AND (height, tx_index, play_index) < (%(height)s, %(tx_index)s, %(play_index)s)
ORDER BY chain_id DESC, height DESC, tx_index DESC, play_index DESC
LIMIT %(limit)s
