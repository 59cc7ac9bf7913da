"""What users hear of each other's follows, saves and reposts (domain: chain and entities, 7.3)."""

from collections.abc import Iterator

from backbeat.notifications.kind import Kind

_SAVES_AND_REPOSTS, _OF_REPOST, _MILESTONES = (
    f"derived/notifications/{name}.sql" for name in ("saves_and_reposts", "of_repost", "save_and_repost_milestones")
)
_SAVED = "integration/notifications/test_saves_and_reposts.py"
_FOLLOWS = "integration/notifications/test_follows.py"
_HEARD = "who is not banned"


def _save_or_repost(name: str, exception: str = "") -> Iterator[Kind]:
    """Return what there is of saves, or of reposts."""
    yield Kind(
        type=name,
        cause=f"a user {_HEARD} {name}s a track or playlist{exception}",
        recipients="its owner",
        group_id=f"{name}:{{item}}:type:{{type}}",
        specifier="{user}",
        data=("type", "user_id", f"{name}_item_id"),
        source=_SAVES_AND_REPOSTS,
        test=_SAVED,
    )
    yield Kind(
        type=f"{name}_of_repost",
        cause=f"a user {_HEARD} {name}s what others reposted within a month, and says that it is because of them",
        recipients="those of them whom the user follows",
        group_id=f"{name}_of_repost:{{item}}:type:{{type}}",
        specifier="{user}",
        data=("type", "user_id", f"{name}_of_repost_item_id"),
        source=_OF_REPOST,
        test=_SAVED,
    )
    for item, keys in (("track", ()), ("playlist", ("is_album",))):
        yield Kind(
            type="milestone",
            cause=f"a {item} has 10, 25 ... 1,000,000 {name}s, the last by a user {_HEARD}",
            recipients="its owner",
            group_id=f"milestone:{item.upper()}_{name.upper()}_COUNT:id:{{{item}}}:threshold:{{count}}",
            specifier="{owner}",
            data=("type", f"{item}_id", "threshold", *keys),
            source=_MILESTONES,
            test=_SAVED,
        )


KINDS = (
    Kind(
        type="follow",
        cause=f"a user {_HEARD} follows a user, for the first time",
        recipients="the user who is followed",
        group_id="follow:{followee}",
        specifier="{follower}",
        data=("followee_user_id", "follower_user_id"),
        source="derived/notifications/follow.sql",
        test=_FOLLOWS,
    ),
    Kind(
        type="milestone_follower_count",
        cause=f"a user has 10, 25 ... 1,000,000 followers, the last one {_HEARD}",
        recipients="the user who is followed",
        group_id="milestone:FOLLOWER_COUNT:id:{followee}:threshold:{count}",
        specifier="{followee}",
        data=("type", "user_id", "threshold"),
        source="derived/notifications/follower_milestones.sql",
        test=_FOLLOWS,
    ),
    *_save_or_repost("save", ", without having bought it"),
    *_save_or_repost("repost"),
    Kind(
        type="cosign",
        cause=f"a user {_HEARD} saves or reposts a remix whose first parent is the user's own track",
        recipients="the owner of the remix",
        group_id="cosign:parent_track{original}:original_track:{remix}",
        specifier="{artist}",
        data=("parent_track_id", "track_id", "track_owner_id"),
        source="derived/notifications/cosign.sql",
        test=_SAVED,
    ),
)
