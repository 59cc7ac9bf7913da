SELECT
    clock_timestamp() AS now,
    job.name,
    job.group_name,
    job.cadence_at,
    job.next_run_at,
    job.paused,
    job.run_requested,
    job.failures,
    job.term,
    job.holder,
    coalesce(
        job.lease_until > clock_timestamp()
        AND job.lease_until <= clock_timestamp() + make_interval(secs => job.lease_seconds),
        false
    ) AS leased,
    job.started_at,
    job.succeeded_at,
    job.outcome,
    job.seconds,
    job.rows_written,
    job.error,
    job.cure,
    job.deferred_since,
    job.deferred_reason,
    job.ticks_since_run,
    coalesce(
        (frontier.block_number, frontier.play_id) IS DISTINCT FROM (job.seen_block_number, job.seen_play_id),
        false
    ) AND frontier.singleton IS NOT NULL AS news,
    frontier.block_number,
    frontier.play_id,
    EXISTS (SELECT FROM backbeat.beside) AS is_beside,
    coalesce(indexer.phase = %(phase_at_tip)s, false) AS at_tip,
    coalesce(frontier.updated_at > clock_timestamp() - make_interval(secs => %(frontier_seconds_max)s), false) AS moving,
    -- known while an indexer reports, which it does every second, and has lately seen the head
    CASE
        WHEN
            indexer.phase <> %(phase_stopped)s
            AND indexer.updated_at > clock_timestamp() - make_interval(secs => %(heartbeat_seconds_max)s)
            AND indexer.head_seen_at > clock_timestamp() - make_interval(secs => %(head_seconds_max)s)
            AND (indexer.head_chain_id <> frontier.chain_id) IS NOT TRUE
            THEN greatest(indexer.head_height - frontier.height, 0)
    END AS lag_blocks
FROM backbeat.jobs AS job
LEFT JOIN backbeat.cursor AS frontier ON true
LEFT JOIN backbeat.indexer AS indexer ON true
WHERE job.name = ANY (%(names)s::text [])
