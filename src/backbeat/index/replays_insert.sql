INSERT INTO backbeat.replayed_transactions (
    number, chain_id, height, tx_index, tx_hash, block_time, digest, signer, user_id, entity_type, action, entity_id,
    first_chain_id, first_height, first_tx_index, refused
)
VALUES (
    %(number)s, %(chain_id)s, %(height)s, %(tx_index)s, %(tx_hash)s, %(block_time)s, %(digest)s, %(signer)s,
    %(user_id)s, %(entity_type)s, %(action)s, %(entity_id)s,
    coalesce((SELECT chain_id FROM backbeat.chains WHERE position = %(first_chain)s), %(chain_id)s),
    %(first_height)s, %(first_tx_index)s, %(refused)s
)
