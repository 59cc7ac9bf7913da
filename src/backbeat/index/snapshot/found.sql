SELECT
    EXISTS (SELECT FROM blocks WHERE blockhash = %(block_hash)s) AS has_snapshot,
    EXISTS (SELECT FROM core_indexed_blocks) OR EXISTS (SELECT FROM blocks)
    OR EXISTS (SELECT FROM users) OR EXISTS (SELECT FROM plays) AS has_rows
