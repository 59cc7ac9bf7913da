-- The cursor where all is committed, and that it follows another indexer. When its block was is told by the explorer's tables or
-- by the newest of its plays, and otherwise it was a moment ago.
WITH beside AS (
    INSERT INTO backbeat.beside (chain_id, block_mark)
    SELECT block.chain_id, backbeat.epoch() || ':' || block.xmin
    FROM core_indexed_blocks AS block
    WHERE block.chain_id = %(chain_id)s AND block.height = %(height)s::bigint
)
INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, block_number, play_id)
SELECT
    %(chain_id)s,
    %(height)s::bigint,
    %(block_hash)s,
    coalesce(
        (SELECT etl_blocks.block_time FROM etl_blocks WHERE etl_blocks.block_height = %(height)s::bigint),
        (SELECT plays.created_at FROM plays WHERE plays.id <= %(play_id)s::bigint ORDER BY plays.id DESC LIMIT 1),
        clock_timestamp() AT TIME ZONE 'utc'
    ),
    %(block_number)s,
    %(play_id)s::bigint
