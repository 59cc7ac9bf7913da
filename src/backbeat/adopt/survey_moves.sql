-- What grows while an indexer writes.
SELECT
    coalesce((SELECT max(height) FROM core_indexed_blocks), 0)::bigint AS height,
    coalesce((SELECT max(number) FROM blocks), 0)::bigint AS number,
    coalesce((SELECT max(id) FROM plays), 0)::bigint AS play_id
