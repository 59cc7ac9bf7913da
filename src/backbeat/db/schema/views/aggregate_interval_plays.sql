-- Plays of the last week and month by track (domain: derived state, 2.1), for jobs.trending_mode = "refresh". It stays empty, and
-- costs nothing, until that job first runs. One that is there is left as it is: to change this text, drop it in a
-- migration.
CREATE MATERIALIZED VIEW IF NOT EXISTS public.aggregate_interval_plays AS
WITH instant AS MATERIALIZED (
    SELECT backbeat.trending_instant() AS now
), played AS (
    SELECT
        p.play_item_id,
        count(*) FILTER (WHERE p.created_at > (SELECT backbeat.week_edge(now) FROM instant)) AS week,
        count(*) AS month
    FROM public.plays AS p
    WHERE p.created_at > (SELECT backbeat.month_edge(now) FROM instant)
    GROUP BY p.play_item_id
)
SELECT
    t.track_id,
    t.genre,
    t.created_at,
    coalesce(played.week, 0) AS week_listen_counts,
    coalesce(played.month, 0) AS month_listen_counts
FROM public.tracks AS t
LEFT JOIN played ON played.play_item_id = t.track_id
WHERE backbeat.is_public_track(t)
WITH NO DATA;

CREATE UNIQUE INDEX IF NOT EXISTS interval_play_track_id_idx ON public.aggregate_interval_plays (track_id);
