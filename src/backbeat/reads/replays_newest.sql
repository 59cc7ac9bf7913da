SELECT
    number, chain_id, coalesce(chain_id = (SELECT cursor.chain_id FROM backbeat.cursor AS cursor), false) AS followed,
    height, tx_index, tx_hash, block_time, digest, signer, user_id, entity_type, action, entity_id,
    first_chain_id, first_height, first_tx_index, refused
FROM backbeat.replayed_transactions
WHERE number < %(before)s
ORDER BY number DESC
LIMIT %(limit)s
