-- The instant that a run of jobs.trending_mode = "refresh" is as of, which the job notes before it begins.
CREATE OR REPLACE FUNCTION backbeat.trending_instant() RETURNS timestamp
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(
        (SELECT clock.reached_at FROM backbeat.clocks AS clock WHERE clock.name = 'trending.refresh'), now()
    ) AT TIME ZONE 'UTC'
$$;

COMMENT ON FUNCTION backbeat.trending_instant () IS 'What is now to the views that trending is refreshed from.';
