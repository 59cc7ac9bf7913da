"""Acts of users towards each other, and towards tracks and playlists."""

from collections.abc import Iterator
from typing import Any

from backbeat.index.acts.act import Act, Changed, Moment, flip, tells
from backbeat.index.content.owned import owner_of
from backbeat.index.content.remixes import first_parent
from backbeat.index.rows.playlists import PlaylistRow
from backbeat.index.rows.social import FollowRow, RepostRow, SaveRow, SubscriptionRow
from backbeat.index.rows.tracks import TrackRow

TRACK = "track"


@tells(FollowRow)
def follows(row: Changed, _moment: Moment) -> Iterator[Act]:
    """Tell that a user follows another, or no longer does."""
    if delta := flip(row):
        yield Act(kind="follow", actor_id=row.new.follower_user_id, item_id=row.new.followee_user_id, delta=delta)


@tells(SubscriptionRow)
def subscriptions(row: Changed, _moment: Moment) -> Iterator[Act]:
    """Tell that a user subscribes to a user or an event, or no longer does."""
    if delta := flip(row):
        new: SubscriptionRow = row.new
        yield Act(
            kind="subscribe", actor_id=new.subscriber_id, item_type=new.entity_type, item_id=new.user_id, delta=delta
        )


@tells(SaveRow)
def saves(row: Changed, moment: Moment) -> Iterator[Act]:
    """Tell that a user saved a track or playlist, or took that back."""
    if delta := flip(row):
        new: SaveRow = row.new
        if delta > 0:
            yield _saved_or_reposted(
                "save", moment, new.user_id, new.save_type, new.save_item_id, of_repost=new.is_save_of_repost
            )
        else:
            yield Act(kind="save", actor_id=new.user_id, item_type=new.save_type, item_id=new.save_item_id, delta=delta)


@tells(RepostRow)
def reposts(row: Changed, moment: Moment) -> Iterator[Act]:
    """Tell that a user reposted a track or playlist, or took that back: what was, and since when."""
    if delta := flip(row):
        new: RepostRow = row.new
        kind, item = new.repost_type, new.repost_item_id
        if delta > 0:
            yield _saved_or_reposted("repost", moment, new.user_id, kind, item, of_repost=new.is_repost_of_repost)
        else:
            since = {"since": row.old.created_at}
            yield Act(kind="repost", actor_id=new.user_id, item_type=kind, item_id=item, delta=delta, data=since)


def _saved_or_reposted(
    kind: str, moment: Moment, user_id: int, item_type: str, item_id: int, *, of_repost: bool
) -> Act:
    item = moment.get(TrackRow, item_id) if item_type == TRACK else moment.get(PlaylistRow, item_id)
    data: dict[str, Any] = {"of_repost": True} if of_repost else {}
    if isinstance(item, PlaylistRow) and item.is_album:
        data["is_album"] = True
    elif isinstance(item, TrackRow) and (parent_id := _own_parent(item, moment, user_id)):
        data["parent_id"] = parent_id
    return Act(
        kind=kind,
        actor_id=user_id,
        item_type=item_type,
        item_id=item_id,
        owner_id=None if item is None else owner_of(item),
        delta=1,
        data=data or None,
    )


def _own_parent(track: TrackRow, moment: Moment, user_id: int) -> int | None:
    """Return the first parent of a remix if the user owns it, who thereby cosigns the remix."""
    parent_id = first_parent(track)
    parent = moment.get(TrackRow, parent_id) if parent_id is not None else None
    return parent_id if parent is not None and parent.owner_id == user_id else None
