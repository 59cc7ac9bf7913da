SELECT
    clock_timestamp() AS now,
    job.name,
    job.cadence_at,
    job.next_run_at,
    job.paused,
    job.run_requested,
    job.failures,
    job.term,
    coalesce(job.lease_until > clock_timestamp(), false) AS leased,
    job.started_at,
    job.succeeded_at,
    job.outcome,
    job.seconds,
    job.rows_written,
    job.error,
    job.cure,
    coalesce(
        (frontier.block_number, frontier.play_id) IS DISTINCT FROM (job.seen_block_number, job.seen_play_id),
        false
    ) AND frontier.singleton IS NOT NULL AS news,
    coalesce(indexer.phase = 'at the tip', false) AS at_tip
FROM backbeat.jobs AS job
LEFT JOIN backbeat.cursor AS frontier ON true
LEFT JOIN backbeat.indexer AS indexer ON true
WHERE job.name = ANY (%(names)s::text [])
