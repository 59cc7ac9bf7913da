SELECT
    refused.height,
    refused.tx_index,
    refused.play_index,
    refused.refused_plays,
    refused.tx_hash,
    refused.block_time,
    refused.kind,
    left(refused.entity_type, 200) AS entity_type,
    left(refused.action, 200) AS action,
    refused.user_id,
    refused.entity_id,
    left(refused.signer, 200) AS signer,
    refused.reason,
    left(refused.field, 200) AS field,
    left(refused.detail, 200) AS detail,
    octet_length(kept.raw) AS raw_bytes,
    refused.became,
    refused.tried_at,
    refused.tried_by,
    refused.new_reason,
    left(refused.new_field, 200) AS new_field,
    left(refused.new_detail, 200) AS new_detail
FROM backbeat.rejected_transactions AS refused
LEFT JOIN backbeat.rejected_bytes AS kept USING (chain_id, height, tx_index)
WHERE
    refused.reason = %(reason)s
    AND refused.height <= %(height)s
    AND (refused.height, refused.tx_index, refused.play_index) < (%(height)s, %(tx_index)s, %(play_index)s)
ORDER BY refused.height DESC, refused.tx_index DESC, refused.play_index DESC
LIMIT %(limit)s
