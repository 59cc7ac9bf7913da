SELECT
    frontier.block_number,
    frontier.play_id,
    EXISTS (SELECT FROM backbeat.jobs AS job WHERE job.run_requested) AS is_requested
FROM (VALUES (1)) AS one
LEFT JOIN backbeat.cursor AS frontier ON true
