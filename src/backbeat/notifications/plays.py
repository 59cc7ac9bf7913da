"""What owners are told of plays (domain: derived state, 5.1)."""

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
)
