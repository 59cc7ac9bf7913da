-- Does not wait for the disk: what a crash undoes was a second old, and is said again.
WITH eased AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true) AS setting
)
INSERT INTO backbeat.indexer AS last (
    phase, source, head_height, head_chain_id, head_seen_at, started_at,
    blocks_per_second, transactions_per_second, plays_per_second,
    source_height, source_problem, witness_height, witness_problem, report
)
SELECT
    %(phase)s::text,
    %(source)s::text,
    %(head_height)s::bigint,
    %(head_chain_id)s::text,
    CASE WHEN %(head_height)s::bigint IS NOT NULL THEN clock_timestamp() END,
    %(started_at)s::timestamptz,
    %(blocks_per_second)s::double precision,
    %(transactions_per_second)s::double precision,
    %(plays_per_second)s::double precision,
    %(source_height)s::bigint,
    %(source_problem)s::text,
    %(witness_height)s::bigint,
    %(witness_problem)s::text,
    %(report)s::jsonb
FROM eased
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
    report = excluded.report,
    updated_at = clock_timestamp()
