SELECT
    indexer.phase,
    indexer.source,
    cursor.chain_id,
    cursor.height,
    cursor.block_time,
    -- another chain's head says nothing of how far behind this one is
    CASE WHEN indexer.head_chain_id <> cursor.chain_id THEN NULL ELSE indexer.head_height END AS head_height,
    begun.chain_id AS first_chain_id,
    begun.first_height,
    -- what was stamped by a clock that was ahead is as far from now as what is old
    abs(extract(epoch FROM clock_timestamp() - indexer.head_seen_at))::double precision AS head_age_seconds,
    abs(extract(epoch FROM clock_timestamp() - indexer.updated_at))::double precision AS heartbeat_age_seconds,
    indexer.started_at,
    coalesce(indexer.blocks_per_second, 0) AS blocks_per_second,
    coalesce(indexer.transactions_per_second, 0) AS transactions_per_second,
    coalesce(indexer.plays_per_second, 0) AS plays_per_second,
    indexer.source_height,
    coalesce(indexer.source_problem, '') AS source_problem,
    indexer.witness_height,
    coalesce(indexer.witness_problem, '') AS witness_problem,
    coalesce(indexer.report, '{}') AS report,
    beside.singleton IS NOT NULL AS is_beside,
    coalesce(beside.waits_for, '') AS waits_for,
    abs(extract(epoch FROM clock_timestamp() - beside.waits_since))::double precision AS waits_seconds
FROM backbeat.indexer AS indexer
FULL JOIN backbeat.cursor AS cursor ON cursor.singleton = indexer.singleton
LEFT JOIN backbeat.chains AS begun ON begun.position = 1
LEFT JOIN backbeat.beside AS beside ON true
