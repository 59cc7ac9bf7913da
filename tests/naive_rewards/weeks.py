"""Challenges ``tt``, ``tut`` and ``tp``: what trends when a week ends, on a Friday.

Scores follow the clock, so who wins is told by when jobs looked: the first look of a Friday that finds a winner takes
the week, for good. A Friday on which nobody looked is taken by a later look whose scores are still of that day, as long
as no later week was taken, and an earlier one was.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from naive_rewards.judging import Ledger, Moment
from naive_rewards.tastemakers import ranked_tracks, scores_of, trends
from naive_rewards.written import Block, Columns, State, Written

FRIDAY = 4
WINNERS = 10
FIRST_RANKS = 5
UNDERGROUND_BEHIND = 20
SMALL = 1_500
PLAYLIST_HOLDS, PLAYLIST_OWNERS = 5, 5
VERSION = "pnagD"


class Look(NamedTuple):
    """That jobs ran."""

    height: int
    """Behind which block."""
    now: datetime
    """When, naive UTC."""


class Won(NamedTuple):
    """A row of ``trending_results``."""

    rank: int
    """From 1, without gaps."""
    type: str
    """The kind of list."""
    version: str
    """Of the formula."""
    week: date
    """The Friday."""
    user_id: int
    """Whose it is."""
    id: str
    """What won."""


class Entry(NamedTuple):
    """What has a place in a list, and whose it is."""

    item: int
    owner: int


class Kind(NamedTuple):
    """A list of the week."""

    challenge_id: str
    """What pays it."""
    type: str
    """Its name in ``trending_results``."""
    scores: tuple[str, str]
    """The table of its scores, and their type."""
    best: Callable[[State], Iterator[Entry]]
    """What has a place in it, the first one first."""
    amounts: tuple[int, int]
    """What the first five ranks get, and the five behind them; the catalogue's amount is not asked."""


def tracks(state: State) -> Iterator[Entry]:
    """``tt``: what can trend."""
    for track in ranked_tracks(state):
        if trends(state, track["track_id"]):
            yield Entry(track["track_id"], track["owner_id"])


def underground(state: State) -> Iterator[Entry]:
    """``tut``: of tracks that are listed, not deleted and available those behind the first twenty, of small artists."""
    listed = [
        track
        for track in ranked_tracks(state)
        if not track["is_delete"] and state.is_listed(track) and track["is_available"]
    ]
    for track in listed[UNDERGROUND_BEHIND:]:
        if _is_small(state, track["owner_id"]):
            yield Entry(track["track_id"], track["owner_id"])


def _is_small(state: State, user_id: int) -> bool:
    pairs = [(row["follower_user_id"], row["followee_user_id"]) for row in state.standing("follows")]
    followers = sum(followed == user_id for _, followed in pairs)
    following = sum(follower == user_id for follower, _ in pairs)
    return user_id in state.users and followers < SMALL and following < SMALL


def playlists(state: State) -> Iterator[Entry]:
    """``tp``: public playlists, not albums, with at least five tracks of at least five owners that are not deleted."""
    for playlist_id in scores_of(state, "playlist_trending_scores", "PLAYLISTS"):
        playlist = state.playlists.get(playlist_id)
        if playlist is None or playlist["is_delete"] or playlist["is_private"] or playlist["is_album"]:
            continue
        held = [state.tracks[track_id] for track_id in _held(state, playlist_id) if track_id in state.tracks]
        owners = [track["owner_id"] for track in held if not track["is_delete"]]
        if len(owners) >= PLAYLIST_HOLDS and len(set(owners)) >= PLAYLIST_OWNERS:
            yield Entry(playlist_id, playlist["playlist_owner_id"])


def _held(state: State, playlist_id: int) -> list[int]:
    rows = [row for row in state.current("playlist_tracks") if row["playlist_id"] == playlist_id]
    return [row["track_id"] for row in rows if not row["is_removed"]]


TRACK_SCORES = ("track_trending_scores", "TRACKS")
KINDS = (
    Kind("tt", "TRACKS", TRACK_SCORES, tracks, (1000, 100)),
    Kind("tut", "UNDERGROUND_TRACKS", TRACK_SCORES, underground, (1000, 100)),
    Kind("tp", "PLAYLISTS", ("playlist_trending_scores", "PLAYLISTS"), playlists, (100, 10)),
)


def weeks(written: Written, looks: Sequence[Look], ledger: Ledger) -> list[Won]:
    """Return who won by what stood at each look, and write what that pays. Deactivated owners get no rank."""
    won: list[Won] = []
    for kind in KINDS:
        taken: list[date] = []
        for look in looks:
            block = written.blocks[look.height - 1]
            if block.terms(kind.challenge_id) is None:
                continue
            state = block.state.at(look.now)
            for friday in _due(kind, state, taken):
                ranked = _winners(kind, state, friday)
                won += ranked
                taken += [friday] if ranked else []
                _pay(kind, ranked, Moment(_number(block), look.now), ledger)
    return won


def _due(kind: Kind, state: State, taken: Sequence[date]) -> Iterator[date]:
    today = state.time.date()
    friday = today - timedelta(days=(today.weekday() - FRIDAY) % 7)
    if friday in taken:
        return
    table, of = kind.scores
    written_at = max((row["created_at"] for row in state.current(table) if row["type"] == of), default=None)
    scored = written_at.date() if written_at is not None else None
    if scored is not None and taken and max(taken) < scored < today and scored.weekday() == FRIDAY:
        yield scored
    if friday == today:
        yield friday


def _winners(kind: Kind, state: State, friday: date) -> list[Won]:
    earning = [one for one in kind.best(state) if not state.is_deactivated(one.owner)]
    return [
        Won(rank, kind.type, VERSION, friday, one.owner, str(one.item)) for rank, one in enumerate(earning[:WINNERS], 1)
    ]


def _pay(kind: Kind, ranked: Sequence[Won], moment: Moment, ledger: Ledger) -> None:
    for one in ranked:
        amount = kind.amounts[one.rank > FIRST_RANKS]
        ledger.put(kind.challenge_id, f"{one.week:%Y-%m-%d}:{one.rank}", one.user_id, moment, amount)


def _number(block: Block) -> int:
    """Return the greatest block of any track or playlist."""
    rows: list[Columns] = [*block.state.current("tracks"), *block.state.current("playlists")]
    return max((row["blocknumber"] or 0 for row in rows), default=0)


def by_key(won: Sequence[Won]) -> Mapping[tuple[int, str, str, date], tuple[int, str]]:
    """Return the rows by the table's key."""
    return {(one.rank, one.type, one.version, one.week): (one.user_id, one.id) for one in won}
