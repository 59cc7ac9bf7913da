INSERT INTO backbeat.pruned_hours AS kept (hour, plays)
SELECT
    untold.hour,
    untold.plays
FROM backbeat.hours_untold AS untold
ON CONFLICT (hour) DO UPDATE SET plays = kept.plays + excluded.plays
