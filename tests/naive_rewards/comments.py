"""Challenges ``c``, first weekly comment, and ``cp``, comment pin."""

from collections.abc import Hashable, Mapping
from typing import NamedTuple

from naive_rewards.judging import ByChange, Event, Ledger, grouped
from naive_rewards.written import Columns, State, Terms


class Week(NamedTuple):
    user_id: int
    iso_year: int
    iso_week: int


def week_of(comment: Columns) -> Week:
    """Return the ISO week, in UTC, in which a comment was written, and by whom."""
    year, week, _ = comment["created_at"].isocalendar()
    return Week(comment["user_id"], year, week)


def stands(comment: Columns | None) -> bool:
    """``c``: neither deleted nor hidden; a flag that is not known excludes it too."""
    return comment is not None and comment["is_delete"] is False and comment["is_visible"] is True


class FirstWeeklyComment(ByChange):
    """``c``: a row for each user and ISO week of which a comment stands, of whatever and on whatever.

    Judged when a comment of the week comes, goes or is shown again; that the user comes back is no reason to.
    """

    challenge_id = "c"

    def facts(self, state: State) -> Mapping[Week, Hashable]:
        return grouped(state.comments.values(), week_of, lambda comment: (comment["comment_id"], stands(comment)))

    def judge(self, event: Event, terms: Terms, ledger: Ledger) -> None:
        user, year, week = event.about
        said = [comment for comment in event.state.comments.values() if week_of(comment) == event.about]
        if any(map(stands, said)) and not event.state.is_deactivated(user):
            ledger.put("c", f"{user:x}:{year:04}{week:02}", user, event.moment, terms.amount)


class CommentPin(ByChange):
    """``cp``: a verified owner has somebody else's comment pinned on its track; the commenter earns, once a track.

    Track and comment must not be deleted, and the comment must be of that track. Whether it is hidden is not asked. By
    track.
    """

    challenge_id = "cp"

    def facts(self, state: State) -> Mapping[int, Hashable]:
        return {number: _pinned_author(state, track) for number, track in state.tracks.items()}

    def judge(self, event: Event, terms: Terms, ledger: Ledger) -> None:
        author = _pinned_author(event.state, event.state.tracks[event.about])
        if author is not None:
            ledger.put("cp", f"{author:x}:{event.about:x}", author, event.moment, terms.amount)


def _pinned_author(state: State, track: Columns) -> int | None:
    """Return who earns by the comment that is pinned on a track."""
    comment = state.comments.get(track["pinned_comment_id"] or 0)
    if track["is_delete"] or comment is None or comment["is_delete"] is not False:
        return None
    author, owner = comment["user_id"], track["owner_id"]
    if comment["entity_type"] != "Track" or comment["entity_id"] != track["track_id"] or author == owner:
        return None
    return author if state.is_verified(owner) and not state.is_deactivated(author) else None
