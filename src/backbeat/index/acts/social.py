"""Acts of users towards each other, and towards tracks and playlists."""

from collections.abc import Iterator

from backbeat.index.acts.act import Act, Changed, Moment, tells
from backbeat.index.rows.social import FollowRow, SubscriptionRow


@tells(FollowRow)
def follows(row: Changed, _moment: Moment) -> Iterator[Act]:
    """Tell that a user follows another, or no longer does."""
    if delta := flip(row):
        yield Act(kind="follow", actor_id=row.new.follower_user_id, item_id=row.new.followee_user_id, delta=delta)


@tells(SubscriptionRow)
def subscriptions(row: Changed, _moment: Moment) -> Iterator[Act]:
    """Tell that a user wants to hear of a user or an event, or no longer does."""
    if delta := flip(row):
        new: SubscriptionRow = row.new
        yield Act(
            kind="subscribe", actor_id=new.subscriber_id, item_type=new.entity_type, item_id=new.user_id, delta=delta
        )


def flip(row: Changed) -> int:
    """Return 1 where a relation began, -1 where it ended, 0 where it is as it was."""
    return _is_active(row.new) - _is_active(row.old)


def _is_active(row: FollowRow | SubscriptionRow | None) -> bool:
    return row is not None and not row.is_delete
