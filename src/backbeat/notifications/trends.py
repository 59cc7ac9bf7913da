"""What users are told of what trends (domain: derived state, 2.7 and 2.8; challenges, 6)."""

from collections.abc import Iterator

from backbeat.notifications.kind import Kind

_TYPES = (("trending", "track"), ("trending_underground", "track"), ("trending_playlist", "playlist"))


def _of_the_week(cause: str, source: str, test: str) -> Iterator[Kind]:
    for name, item in _TYPES:
        yield Kind(
            type=name,
            cause=cause,
            recipients=f"the {item}'s owner",
            group_id=f"{name}:time_range:week:genre:all:rank:{{rank}}:{item}_id:{{{item}}}:timestamp:{{seconds}}",
            specifier=f"{{{item}}}",
            data=("time_range", "genre", "rank", f"{item}_id"),
            source=source,
            test=test,
        )


KINDS = (
    *_of_the_week(
        "an hour is over and it is one of the week's five best: the first time, then each day if it ranks higher",
        "derived/trending/notifications_send.sql",
        "integration/derived/test_trending_notifications.py",
    ),
    *_of_the_week(
        "a week is over and it ranks",
        "db/schema/functions/notify_trending.sql",
        "conformance/challenges/test_notifications.py",
    ),
    Kind(
        type="tastemaker",
        cause="a track trends that a user saved or reposted before",
        recipients="that user",
        group_id="tastemaker_user_id:{user}:tastemaker_item_id:{track}",
        specifier="{track}",
        data=(
            "tastemaker_item_id",
            "tastemaker_item_type",
            "tastemaker_item_owner_id",
            "action",
            "tastemaker_user_id",
        ),
        source="db/schema/functions/notify_tastemakers.sql",
        test="conformance/challenges/test_notifications.py",
    ),
)
