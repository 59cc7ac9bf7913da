INSERT INTO backbeat.rejected_transactions (
    chain_id, height, tx_index, play_index, tx_hash, block_time, kind,
    entity_type, action, user_id, entity_id, signer, reason, field, detail, raw
)
VALUES (
    %(chain_id)s, %(height)s, %(tx_index)s, %(play_index)s, %(tx_hash)s, %(block_time)s, %(kind)s,
    %(entity_type)s, %(action)s, %(user_id)s, %(entity_id)s, %(signer)s, %(reason)s, %(field)s, %(detail)s, %(raw)s
)
ON CONFLICT (chain_id, height, tx_index, play_index) DO NOTHING
