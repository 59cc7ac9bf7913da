"""What owners are told of plays, and who listens of a week (domain: derived state, 4.9 and 5.1)."""

from backbeat.notifications.kind import Kind

KINDS = (
    Kind(
        type="milestone",
        cause="a track is played for the 10th, 25th ... 1,000,000th time",
        recipients="the track's owner",
        group_id="milestone:LISTEN_COUNT:id:{track}:threshold:{count}",
        specifier="{owner}",
        data=("type", "track_id", "threshold"),
        source="db/schema/triggers/count_plays.sql",
        test="integration/aggregates/test_play_batches.py",
    ),
    Kind(
        type="weekly_rotation",
        cause="it is Wednesday, 16:00 UTC, or less than a day later",
        recipients="every user who has listened within 30 days",
        group_id="weekly_rotation:{week}:{user}",
        specifier="{user}",
        data=("year", "week"),
        source="derived/notifications/weekly_rotation_send.sql",
        test="integration/notifications/test_weekly_rotation.py",
    ),
)
