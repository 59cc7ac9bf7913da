-- What tracks' scores are made of, as the two views have it.
SELECT
    params.track_id,
    plays.week_listen_counts AS plays_week,
    plays.month_listen_counts AS plays_month,
    params.repost_week_count AS reposts_week,
    params.repost_month_count AS reposts_month,
    params.save_week_count AS saves_week,
    params.save_month_count AS saves_month,
    params.karma
FROM trending_params AS params
JOIN aggregate_interval_plays AS plays ON plays.track_id = params.track_id
