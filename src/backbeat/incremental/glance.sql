-- For all jobs at once: where the block loop is, which jobs a feed tells anything new, and whether an operator asks for a
-- run. What every feed is compared with is read once, and a feed's own statement is spared where others told of its job.
WITH reached AS MATERIALIZED (
    SELECT
        frontier.block_number,
        frontier.play_id,
        coalesce(frontier.block_time AT TIME ZONE 'UTC', to_timestamp(0)) AS chain_at,
        statement_timestamp() AS now,
        pg_current_snapshot() AS snapshot,
        backbeat.epoch() AS epoch
    FROM (VALUES (1)) AS one
    LEFT JOIN backbeat.cursor AS frontier ON true
),
told AS MATERIALIZED (
    {together}
)
SELECT
    reached.block_number,
    reached.play_id,
    ARRAY(SELECT told.place FROM told {apart}) AS places,
    EXISTS (SELECT FROM backbeat.jobs AS job WHERE job.run_requested) AS is_requested,
    ({rules})::bigint AS rules,
    ({schedule})::bigint [] AS schedule
FROM reached
