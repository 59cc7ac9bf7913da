-- How a comparison with another indexer's database stands
SELECT
    kept.database,
    kept.here_height,
    kept.there_height,
    kept.began_at,
    kept.looked_at,
    extract(EPOCH FROM kept.looked_at - kept.equal_since)::double precision AS equal_seconds,
    kept.equal_from_height,
    gone.rounds,
    gone.rows,
    gone.passed_over
FROM backbeat.watched AS kept
CROSS JOIN (
    SELECT
        coalesce(min(rounds) FILTER (WHERE way <> 'blocks'), 0) AS rounds,
        coalesce(sum(rows), 0)::bigint AS rows,
        coalesce(sum(passed_over), 0)::bigint AS passed_over
    FROM backbeat.watch_rounds
) AS gone
