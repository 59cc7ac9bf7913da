-- Blocks and transactions a second since the rollup before; the first one counts two seconds a block.
UPDATE etl_sla_rollups AS rollup
SET bps = rate.blocks / rate.seconds, tps = rate.transactions / rate.seconds
FROM (
    SELECT
        ranged.id,
        ranged.blocks,
        CASE WHEN ranged.seconds > 0 THEN ranged.seconds ELSE greatest(2 * ranged.blocks, 1) END AS seconds,
        (
            SELECT count(*)
            FROM etl_transactions AS counted
            WHERE counted.block_height BETWEEN ranged.block_start AND ranged.block_end
        )::double precision AS transactions
    FROM (
        SELECT
            id,
            block_start,
            block_end,
            block_height,
            greatest(block_end::double precision - block_start, 0) AS blocks,
            extract(epoch FROM created_at - lag(created_at) OVER (ORDER BY id))::double precision AS seconds
        FROM etl_sla_rollups
        WHERE
            id >= coalesce(
                (
                    SELECT max(earlier.id)
                    FROM etl_sla_rollups AS earlier
                    WHERE earlier.block_height < %(height)s::bigint
                ),
                0
            )
    ) AS ranged
    WHERE ranged.block_height >= %(height)s::bigint
) AS rate
WHERE rollup.id = rate.id
