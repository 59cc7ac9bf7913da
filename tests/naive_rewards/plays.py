"""Challenges ``e``, listen streak, and ``p1``, ``p2``, ``p3``, play counts; and the counts of plays themselves."""

from collections import Counter
from collections.abc import Hashable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from naive_rewards.judging import Challenge, Ledger, Moment
from naive_rewards.written import Block, Columns, State, Terms

A_DAY_ON = timedelta(hours=16)
BROKEN = timedelta(hours=48)
FIRST_DAYS = 7
FIRST_DAYS_PAY = 7
COUNTED_SINCE = date(2025, 1, 1)
TIERS = {"p1": "250", "p2": "1000", "p3": "10000"}


class Streak(NamedTuple):
    """A row of ``challenge_listen_streak``, and the play that it began with."""

    last_listen_date: datetime
    listen_streak: int
    began: datetime


def heard(streak: Streak | None, at: datetime) -> Streak:
    """``e``: what a play makes of a streak: nothing before 16 hours, a day on before 48, else a new one."""
    if streak is None or at - streak.last_listen_date >= BROKEN:
        return Streak(at, 1, at)
    if at - streak.last_listen_date < A_DAY_ON:
        return streak
    return Streak(at, streak.listen_streak + 1, streak.began)


class Heard(NamedTuple):
    """A play, and by what it is judged."""

    play: Columns
    block: Block
    """The block that holds it."""
    terms: Terms | None
    """What the challenge paid then; None: it was off."""


class ListenStreak(Challenge):
    """``e``: the first seven days of a streak are one row that pays seven, each day behind them a row of its own.

    Plays without a user aside, in the order of their ids. A listener who is deactivated at the end of the play's block
    goes on with the streak and earns nothing by that play. While the challenge is off plays wait, and are judged by the
    first numbered block in which it is on.
    """

    def __init__(self) -> None:
        self.streaks: dict[int, Streak] = {}
        self._waiting: list[Heard] = []

    def end_of_block(self, before: State, block: Block, ledger: Ledger) -> None:  # noqa: ARG002 - as its like
        terms = block.terms("e")
        self._waiting += [Heard(play, block, terms) for play in block.plays if play["user_id"] is not None]
        if terms is None or not (block.is_numbered or all(one.terms is not None for one in self._waiting)):
            return
        for one in self._waiting:
            self._listen(one.play, block if one.terms is None else one.block, one.terms or terms, ledger)
        self._waiting.clear()

    def _listen(self, play: Columns, judged: Block, terms: Terms, ledger: Ledger) -> None:
        user, at = play["user_id"], play["created_at"]
        before = self.streaks.get(user)
        now = self.streaks[user] = heard(before, at)
        if now == before or judged.state.is_deactivated(user):
            return
        moment = Moment(judged.number, at)
        if now.listen_streak <= FIRST_DAYS:
            steps = now.listen_streak, FIRST_DAYS
            ledger.put("e", _specifier(user, now.began), user, moment, FIRST_DAYS_PAY, steps)
        else:
            ledger.put("e", _specifier(user, at), user, moment, terms.amount)


def _specifier(user: int, at: datetime) -> str:
    return f"{user:x}{at:%Y%m%d%H}"


class PlayCounts(Challenge):
    """``p1``, ``p2``, ``p3``: plays since 2025 of all an owner's tracks that are not deleted, listed or not.

    Judged whenever one of them is played, by whomever, or anything else of the owner or of the terms changes; of owners
    who are verified and not deactivated. A tier shows as soon as the tier before it is reached; tiers that are off, or
    want no number, are no part of the ladder.
    """

    def __init__(self) -> None:
        self.monthly: Counter[tuple[int, date]] = Counter()
        self._were: dict[int, Hashable] = {}
        self._waiting: set[int] = set()
        self._ladder: dict[str, Terms] = {}

    def end_of_block(self, before: State, block: Block, ledger: Ledger) -> None:  # noqa: ARG002 - as its like
        for play in block.plays:
            self.monthly[play["play_item_id"], play["created_at"].date().replace(day=1)] += 1
        if not (block.is_numbered or block.plays):
            return
        are = {
            owner: self._facts(owner, block.state) for owner in {one["owner_id"] for one in block.state.tracks.values()}
        }
        self._waiting |= {owner for owner in self._were.keys() | are.keys() if self._were.get(owner) != are.get(owner)}
        self._were = are
        terms = {tier: block.terms(tier) for tier in TIERS}
        ladder = {tier: its for tier, its in terms.items() if its is not None and its.step_count is not None}
        if ladder != self._ladder:
            self._waiting |= are.keys()
            self._ladder = ladder
        for owner in sorted(self._waiting):
            if block.state.is_verified(owner) and not block.state.is_deactivated(owner):
                self._climb(owner, block, ledger)
        if ladder:
            self._waiting.clear()

    def _facts(self, owner: int, state: State) -> Hashable:
        played = frozenset((track, self.monthly_of(track)) for track in _live(owner, state))
        return state.is_verified(owner), state.is_deactivated(owner), played

    def _climb(self, owner: int, block: Block, ledger: Ledger) -> None:
        count, reached = self.count(owner, block.state), 1
        for tier, terms in self._ladder.items():
            wanted = terms.step_count or 0
            if count < reached:
                return
            moment, steps = Moment.of(block), (min(count, wanted), wanted)
            ledger.put(tier, f"{owner:x}:{TIERS[tier]}", owner, moment, terms.amount, steps)
            reached = wanted

    def count(self, owner: int, state: State) -> int:
        """Return the plays that count for an owner."""
        return sum(self.monthly_of(track) for track in _live(owner, state))

    def monthly_of(self, track_id: int) -> int:
        """Return the plays of a track that count."""
        return sum(n for (track, month), n in self.monthly.items() if track == track_id and month >= COUNTED_SINCE)


def _live(owner: int, state: State) -> list[int]:
    return [number for number, track in state.tracks.items() if track["owner_id"] == owner and not track["is_delete"]]
