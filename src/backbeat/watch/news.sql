-- Notifications, but for those that tell of a list as it stood at a moment, or are sent at a time of the day.
SELECT group_id, specifier, type, user_ids, data
FROM notification
WHERE type NOT IN (
    'trending', 'trending_playlist', 'trending_underground', 'listen_streak_reminder', 'weekly_rotation', 'announcement'
)
