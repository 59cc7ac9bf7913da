-- Of these jobs' rows in the schedule: how many, their terms together, how many runs are under way, how many are paused; and
-- whether a block loop is at the tip.
SELECT
    ARRAY[
        count(*),
        coalesce(sum(job.term), 0),
        count(job.holder),
        count(*) FILTER (WHERE job.paused),
        (SELECT count(*) FROM backbeat.indexer AS indexer WHERE indexer.phase = {at_tip})
    ]::bigint []
FROM backbeat.jobs AS job
WHERE job.name = ANY ({names}::text [])
