"""Challenges ``c``, first weekly comment, and ``cp``, comment pin."""

from collections.abc import Iterable

from naive_rewards.judging import ByEvent, Event, Ledger
from naive_rewards.written import Columns, State, Terms


def stands(comment: Columns | None) -> bool:
    """``c``: neither deleted nor hidden; a flag that is not known excludes it too."""
    return comment is not None and comment["is_delete"] is False and comment["is_visible"] is True


class FirstWeeklyComment(ByEvent):
    """``c``: a row for each user and ISO week in which one of its comments came to stand, of whatever and on whatever.

    The week is that of the comment, not of the block in which it came to stand.
    """

    challenge_id = "c"

    def happened(self, before: State, after: State) -> Iterable[Columns]:
        came = [
            one for one in after.comments.values() if stands(one) and not stands(before.comments.get(one["comment_id"]))
        ]
        return sorted(came, key=lambda comment: comment["comment_id"])

    def judge(self, event: Event, terms: Terms, ledger: Ledger) -> None:
        user = event.about["user_id"]
        if event.state.is_deactivated(user):
            return
        year, week, _ = event.about["created_at"].isocalendar()
        ledger.put("c", f"{user:x}:{year:04}{week:02}", user, event.moment, terms.amount)


class CommentPin(ByEvent):
    """``cp``: a verified owner pins somebody else's comment on its track; the commenter earns, once a track.

    Track and comment must not be deleted. Whether the comment is of that track, or hidden, is not asked.
    """

    challenge_id = "cp"

    def happened(self, before: State, after: State) -> Iterable[Columns]:
        pinned = [track for track in after.tracks.values() if track["pinned_comment_id"] is not None]
        were = {number: track["pinned_comment_id"] for number, track in before.tracks.items()}
        new = [track for track in pinned if were.get(track["track_id"]) != track["pinned_comment_id"]]
        return sorted(new, key=lambda track: track["track_id"])

    def judge(self, event: Event, terms: Terms, ledger: Ledger) -> None:
        track = event.about
        comment = event.state.comments.get(track["pinned_comment_id"])
        if track["is_delete"] or comment is None or comment["is_delete"] is not False:
            return
        author, owner = comment["user_id"], track["owner_id"]
        if author != owner and event.state.is_verified(owner) and not event.state.is_deactivated(author):
            ledger.put("cp", f"{author:x}:{track['track_id']:x}", author, event.moment, terms.amount)
