INSERT INTO backbeat.rejected_transactions (
    chain_id, height, tx_index, play_index, refused_plays, tx_hash, block_time, kind,
    entity_type, action, user_id, entity_id, signer, reason, field, detail
)
SELECT
    chain_id, height, tx_index, play_index, refused_plays, tx_hash, block_time, kind,
    entity_type, action, user_id, entity_id, signer, reason, field, detail
FROM unnest(
    %(chain_ids)b::text[], %(heights)b::bigint[], %(tx_indexes)b::integer[], %(play_indexes)b::integer[],
    %(refused_plays)b::integer[], %(tx_hashes)b::text[], %(block_times)b::timestamp[], %(kinds)b::text[],
    %(entity_types)b::text[], %(actions)b::text[], %(user_ids)b::bigint[], %(entity_ids)b::bigint[],
    %(signers)b::text[], %(reasons)b::text[], %(fields)b::text[], %(details)b::text[]
) AS refused (
    chain_id, height, tx_index, play_index, refused_plays, tx_hash, block_time, kind,
    entity_type, action, user_id, entity_id, signer, reason, field, detail
)
ON CONFLICT (chain_id, height, tx_index, play_index) DO NOTHING
