INSERT INTO backbeat.indexer AS last (
    phase, source, head_height, head_chain_id, head_seen_at, started_at,
    blocks_per_second, transactions_per_second, plays_per_second,
    source_height, source_problem, witness_height, witness_problem
)
VALUES (
    %(phase)s, %(source)s, %(head_height)s, %(head_chain_id)s, CASE WHEN %(head_height)s::bigint IS NOT NULL THEN clock_timestamp() END,
    %(started_at)s, %(blocks_per_second)s, %(transactions_per_second)s, %(plays_per_second)s,
    %(source_height)s, %(source_problem)s, %(witness_height)s, %(witness_problem)s
)
ON CONFLICT (singleton) DO UPDATE
SET
    phase = excluded.phase,
    source = excluded.source,
    head_height = coalesce(excluded.head_height, last.head_height),
    head_chain_id = coalesce(excluded.head_chain_id, last.head_chain_id),
    head_seen_at = coalesce(excluded.head_seen_at, last.head_seen_at),
    started_at = excluded.started_at,
    blocks_per_second = excluded.blocks_per_second,
    transactions_per_second = excluded.transactions_per_second,
    plays_per_second = excluded.plays_per_second,
    source_height = excluded.source_height,
    source_problem = excluded.source_problem,
    witness_height = excluded.witness_height,
    witness_problem = excluded.witness_problem,
    updated_at = clock_timestamp()
