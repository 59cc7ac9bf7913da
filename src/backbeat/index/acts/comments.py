"""Acts of users in comments, and what users mute and report (domain: chain and entities, 5.5.7)."""

from collections.abc import Iterable, Iterator

from backbeat.index.acts.act import Act, Changed, Moment, flip, tells
from backbeat.index.payload.metadata import integer
from backbeat.index.rows.comments import (
    FAN_CLUB,
    TRACK,
    CommentMentionRow,
    CommentReactionRow,
    CommentReportRow,
    CommentRow,
    CommentThreadRow,
)
from backbeat.index.rows.notices import CommentNotificationSettingRow
from backbeat.index.rows.social import MutedUserRow
from backbeat.index.rows.tracks import TrackRow


@tells(CommentRow)
def comments(row: Changed, moment: Moment) -> Iterator[Act]:
    """Tell that a user comments, answers and mentions; of an edit, whom it adds or brings back.

    An edit leaves the row of a mention that it keeps as it is.
    """
    comment: CommentRow = row.new
    mentioned = [each.user_id for each in moment.rows if isinstance(each, CommentMentionRow) and not each.is_delete]
    if row.old is None:
        parent = _parent(moment)
        yield from _said(comment, parent, mentioned, moment)
        yield from _mentions(comment, (user for user in mentioned if not parent or user != parent.user_id))
    else:
        yield from _mentions(comment, mentioned, edited=True)


@tells(CommentReactionRow)
def reactions(row: Changed, moment: Moment) -> Iterator[Act]:
    """Tell that a user likes another's comment, where the transaction names what it is about."""
    reaction: CommentReactionRow = row.new
    comment = moment.get(CommentRow, reaction.comment_id)
    named = integer((moment.tx.metadata or {}).get("entity_id"))
    if comment and not reaction.is_delete and reaction.user_id != comment.user_id and named is not None:
        yield _act("comment_reaction", reaction.user_id, comment, comment.user_id)


@tells(MutedUserRow)
def mutes(row: Changed, _moment: Moment) -> Iterator[Act]:
    """Tell that a user mutes another, or no longer does."""
    new: MutedUserRow = row.new
    if delta := flip(row):
        yield Act(kind="mute", actor_id=new.user_id, item_id=new.muted_user_id, delta=delta)


@tells(CommentNotificationSettingRow)
def settings(row: Changed, _moment: Moment) -> Iterator[Act]:
    """Tell that a user mutes the comments on a track or the answers to a comment, or no longer does."""
    new: CommentNotificationSettingRow = row.new
    if delta := bool(new.is_muted) - (row.old is not None and bool(row.old.is_muted)):
        yield Act(
            kind="mute_comments", actor_id=new.user_id, item_type=new.entity_type, item_id=new.entity_id, delta=delta
        )


@tells(CommentReportRow)
def reports(row: Changed, _moment: Moment) -> Iterator[Act]:
    """Tell that a user reports a comment, which no one takes back."""
    if row.old is None:
        yield Act(kind="report", actor_id=row.new.user_id, item_id=row.new.comment_id, delta=1)


def _said(comment: CommentRow, parent: CommentRow | None, mentioned: list[int], moment: Moment) -> Iterator[Act]:
    """Tell the author of what is answered, or the owner of what is commented on, who hears of a mention instead."""
    if parent is not None:
        if parent.user_id != comment.user_id:
            yield _act("comment_thread", comment.user_id, comment, parent.user_id, parent_id=parent.comment_id)
        return
    owner = _owner(comment, moment)
    if owner is not None and owner != comment.user_id and owner not in mentioned:
        yield _act("comment", comment.user_id, comment, owner)


def _mentions(comment: CommentRow, users: Iterable[int], **data: bool) -> Iterator[Act]:
    for user in users:
        if user != comment.user_id:
            yield _act("comment_mention", comment.user_id, comment, user, **data)


def _act(kind: str, actor: int, comment: CommentRow, hearer: int, **data: int | bool) -> Act:
    return Act(
        kind=kind,
        actor_id=actor,
        item_type=comment.entity_type,
        item_id=comment.entity_id,
        owner_id=hearer,
        data={"comment_id": comment.comment_id, **data},
    )


def _parent(moment: Moment) -> CommentRow | None:
    threads = [each for each in moment.rows if isinstance(each, CommentThreadRow)]
    return moment.get(CommentRow, threads[0].parent_comment_id) if threads else None


def _owner(comment: CommentRow, moment: Moment) -> int | None:
    if comment.entity_type != TRACK:
        return comment.entity_id if comment.entity_type == FAN_CLUB else None
    track = moment.get(TrackRow, comment.entity_id)
    return track.owner_id if track else None
