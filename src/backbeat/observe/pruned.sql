SELECT
    plays,
    until AT TIME ZONE 'UTC' AS until,
    foreign_plays,
    foreign_at,
    unread,
    truncated_at,
    lost_hours
FROM backbeat.pruned_plays
