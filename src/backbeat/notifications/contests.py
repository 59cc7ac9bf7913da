"""What is told of remix contests at their time (domain: derived state, 4.8)."""

from backbeat.notifications.kind import Kind

_TELL = "derived/contests/tell.sql"
_TEST = "integration/contests/test_scenarios.py"

KINDS = (
    Kind(
        type="fan_remix_contest_ended",
        cause="a contest ended, less than 24 hours ago",
        recipients=(
            "each who remixed the track, follows the host, saved the track or is subscribed to the contest, or does so "
            "within these hours, but for the host"
        ),
        group_id="fan_remix_contest_ended:{event}",
        specifier="{recipient}",
        data=("entity_id", "entity_user_id"),
        source=_TELL,
        test=_TEST,
    ),
    Kind(
        type="fan_remix_contest_ending_soon",
        cause="a contest ends within 72 hours",
        recipients=(
            "each who follows the host, saved the track or is subscribed to the contest, or does so within these "
            "hours, but for the host"
        ),
        group_id="fan_remix_contest_ending_soon:{event}",
        specifier="{recipient}",
        data=("entity_id", "entity_user_id"),
        source=_TELL,
        test=_TEST,
    ),
    Kind(
        type="artist_remix_contest_ended",
        cause="a contest ended, less than 24 hours ago",
        recipients="the host",
        group_id="artist_remix_contest_ended:{event}",
        specifier="{host}",
        data=("entity_id",),
        source=_TELL,
        test=_TEST,
    ),
    Kind(
        type="artist_remix_contest_ending_soon",
        cause="a contest ends within 48 hours",
        recipients="the host",
        group_id="artist_remix_contest_ending_soon:{event}",
        specifier="{host}",
        data=("entity_id", "entity_user_id"),
        source=_TELL,
        test=_TEST,
    ),
)
