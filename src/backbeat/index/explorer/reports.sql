INSERT INTO etl_sla_node_reports (sla_rollup_id, address, num_blocks_proposed, block_height, tx_hash, created_at)
SELECT rollup.id, report.address, report.num_blocks_proposed, report.block_height, report.tx_hash, report.created_at
FROM json_populate_recordset(NULL::etl_sla_node_reports, %(rows)s) AS report
INNER JOIN etl_sla_rollups AS rollup USING (tx_hash, block_height)
ORDER BY report.block_height, rollup.id, report.address
