"""Challenges ``c``, first weekly comment, and ``cp``, comment pin."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, NamedTuple

from naive_rewards.judging import ByKey, Ledger, Moment, grouped
from naive_rewards.written import Block, Columns, State, Terms


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


class FirstWeeklyComment(ByKey):
    """``c``: a row for each user and ISO week of which a comment stands, of whatever and on whatever.

    Judged when a comment of the week comes, goes or is shown again; that the user comes back is no reason to.
    """

    challenge_id = "c"

    def changed(self, before: State, after: State, *, are_terms_other: bool) -> Iterable[Week]:  # noqa: ARG002 - as its like
        return super().changed(before, after, are_terms_other=False)

    def facts(self, state: State) -> Mapping[Week, Hashable]:
        return grouped(state.comments.values(), week_of, lambda comment: (comment["comment_id"], stands(comment)))

    def judge(self, about: Any, block: Block, terms: Terms, ledger: Ledger) -> None:
        user, year, week = about
        said = [comment for comment in block.state.comments.values() if week_of(comment) == about]
        if any(map(stands, said)) and not block.state.is_deactivated(user):
            ledger.put("c", f"{user:x}:{year:04}{week:02}", user, Moment.of(block), terms.amount)


class CommentPin(ByKey):
    """``cp``: a verified owner has another user's comment pinned on its track; the commenter earns, once a track.

    Track and comment must not be deleted, and the comment must be of that track. Whether it is hidden is not asked. By
    track.
    """

    challenge_id = "cp"

    def facts(self, state: State) -> Mapping[int, Hashable]:
        return {number: _pinned_author(state, track) for number, track in state.tracks.items()}

    def judge(self, about: Any, block: Block, terms: Terms, ledger: Ledger) -> None:
        author = _pinned_author(block.state, block.state.tracks[about])
        if author is not None:
            ledger.put("cp", f"{author:x}:{about:x}", author, Moment.of(block), terms.amount)


def _pinned_author(state: State, track: Columns) -> int | None:
    """Return who earns by the comment that is pinned on a track."""
    comment = state.comments.get(track["pinned_comment_id"] or 0)
    if track["is_delete"] or comment is None or comment["is_delete"] is not False:
        return None
    author, owner = comment["user_id"], track["owner_id"]
    if comment["entity_type"] != "Track" or comment["entity_id"] != track["track_id"] or author == owner:
        return None
    return author if state.is_verified(owner) and not state.is_deactivated(author) else None
