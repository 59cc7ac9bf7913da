-- What the network's own indexer scores tracks from (domain: derived state, 2.1), for jobs.trending_mode = "refresh". It stays empty, and
-- costs nothing, until that job first runs. One that is there is left as it is: to change this text, drop it in a
-- migration.
CREATE MATERIALIZED VIEW IF NOT EXISTS public.trending_params AS
WITH instant AS MATERIALIZED (
    SELECT backbeat.trending_instant() AS now
), act AS (
    SELECT r.repost_item_id AS track_id, r.user_id, r.created_at, true AS is_repost
    FROM public.reposts AS r
    WHERE r.repost_type = 'track' AND r.is_current AND NOT r.is_delete
    UNION ALL
    SELECT s.save_item_id, s.user_id, s.created_at, false
    FROM public.saves AS s
    WHERE s.save_type = 'track' AND s.is_current AND NOT s.is_delete
), weight AS (
    SELECT u.user_id, a.follower_count
    FROM public.users AS u
    JOIN public.aggregate_user AS a ON a.user_id = u.user_id
    WHERE u.is_current AND backbeat.has_complete_profile(u)
), engaged AS (
    SELECT
        act.track_id,
        count(*) FILTER (
            WHERE act.is_repost AND act.created_at > backbeat.week_edge(instant.now)
        ) AS repost_week,
        count(*) FILTER (
            WHERE act.is_repost AND act.created_at > backbeat.month_edge(instant.now)
        ) AS repost_month,
        count(*) FILTER (
            WHERE act.is_repost AND act.created_at > instant.now - interval '1 year'
        ) AS repost_year,
        count(*) FILTER (
            WHERE NOT act.is_repost AND act.created_at > backbeat.week_edge(instant.now)
        ) AS save_week,
        count(*) FILTER (
            WHERE NOT act.is_repost AND act.created_at > backbeat.month_edge(instant.now)
        ) AS save_month,
        count(*) FILTER (
            WHERE NOT act.is_repost AND act.created_at > instant.now - interval '1 year'
        ) AS save_year,
        coalesce(sum(weight.follower_count), 0) AS karma
    FROM instant
    CROSS JOIN act
    LEFT JOIN weight ON weight.user_id = act.user_id
    GROUP BY act.track_id
)
SELECT
    t.track_id,
    t.release_date,
    t.genre,
    t.owner_id,
    plays.count AS play_count,
    artist.follower_count AS owner_follower_count,
    coalesce(total.repost_count, 0) AS repost_count,
    coalesce(total.save_count, 0) AS save_count,
    coalesce(engaged.repost_week, 0) AS repost_week_count,
    coalesce(engaged.repost_month, 0) AS repost_month_count,
    coalesce(engaged.repost_year, 0) AS repost_year_count,
    coalesce(engaged.save_week, 0) AS save_week_count,
    coalesce(engaged.save_month, 0) AS save_month_count,
    coalesce(engaged.save_year, 0) AS save_year_count,
    coalesce(engaged.karma, 0) AS karma
FROM public.tracks AS t
LEFT JOIN public.aggregate_plays AS plays ON plays.play_item_id = t.track_id
LEFT JOIN public.aggregate_user AS artist ON artist.user_id = t.owner_id
LEFT JOIN public.aggregate_track AS total ON total.track_id = t.track_id
LEFT JOIN engaged ON engaged.track_id = t.track_id
WHERE backbeat.is_public_track(t)
WITH NO DATA;

CREATE UNIQUE INDEX IF NOT EXISTS trending_params_track_id_idx ON public.trending_params (track_id);
