SELECT
    coalesce((SELECT max(height) FROM core_indexed_blocks WHERE chain_id = %(chain_id)s), 0)::bigint AS height,
    coalesce((SELECT max(number) FROM blocks), 0) AS block_number,
    coalesce((SELECT max(id) FROM plays), 0)::bigint AS play_id,
    (
        SELECT lower(blockhash)
        FROM core_indexed_blocks
        WHERE chain_id = %(chain_id)s
        ORDER BY height DESC
        LIMIT 1
    ) AS block_hash
