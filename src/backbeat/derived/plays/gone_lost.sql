SELECT
    (SELECT noted.truncated_at AT TIME ZONE 'UTC' FROM backbeat.pruned_plays AS noted) AS truncated_at,
    (SELECT count(*) FROM backbeat.hours_untold AS untold WHERE untold.is_past) AS lost_hours
