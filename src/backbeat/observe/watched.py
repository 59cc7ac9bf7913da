"""How a comparison with a running indexer's database stands, in one sentence and by subject, kind and cause."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import every, first
from backbeat.db.sql import load
from backbeat.observe import figures

WATCHED = load(__package__, "watched.sql")
DIFFERENCES = load(__package__, "watched_differences.sql")
PROBLEMS = load(__package__, "watched_problems.sql")

UNKNOWN: Final = "unknown"
GROUPS_MAX: Final = 200  # subjects times kinds times causes: what is there comes to less


class Cause(StrEnum):
    """Why rows differ, as far as both databases tell."""

    PLAYS_LOST = "plays_lost"
    BLOCK_REPEATED = "block_repeated"
    ROWS_REPEATED = "rows_repeated"
    COUNT_DRIFTED = "count_drifted"
    COUNT_NULL = "count_null"
    HOUR_COUNTED_TWICE = "hour_counted_twice"
    ROWS_DIFFER = "rows_differ"
    WEIGHTS_LOST = "weights_lost"
    TRENDING_STOPPED = "trending_stopped"
    SCORES_DIFFER = "scores_differ"
    SCORE_LINGERS = "score_lingers"
    ZERO_LEFT_OUT = "zero_left_out"
    UNREAD_TYPE = "unread_type"
    RANGE_OF_ANOTHER_NAME = "range_of_another_name"
    NOTIFICATIONS_STARVED = "notifications_starved"
    TOLD_ONCE_AN_HOUR = "told_once_an_hour"
    REWARD_DIFFERS = "reward_differs"
    REFERRED_OTHERWISE = "referred_otherwise"
    COMPLETED_WITHOUT_BLOCK = "completed_without_block"
    PAYMENTS_BEHIND = "payments_behind"
    PAYMENTS_DIFFER = "payments_differ"
    ROUTE_OF_AN_EDIT = "route_of_an_edit"
    SLUG_OF_THE_NUMBER = "slug_of_the_number"
    LISTENS_REPEATED = "listens_repeated"
    LISTENS_SKIPPED = "listens_skipped"
    RULES_DIFFER = "rules_differ"


TOLD: Final[Mapping[str, str]] = {
    Cause.PLAYS_LOST: "plays of a block were lost",
    Cause.BLOCK_REPEATED: "a block's plays were written more than once",
    Cause.ROWS_REPEATED: "several current rows of one key",
    Cause.COUNT_DRIFTED: "counts that are not what their own rows come to",
    Cause.COUNT_NULL: "counts that are NULL, which never heals",
    Cause.HOUR_COUNTED_TWICE: "plays of an hour counted twice",
    Cause.ROWS_DIFFER: "counts that follow from rows which differ",
    Cause.WEIGHTS_LOST: "scores without the weights of all reposts and saves",
    Cause.TRENDING_STOPPED: "trending that was not computed for two hours",
    Cause.SCORES_DIFFER: "lists that follow from scores which differ",
    Cause.SCORE_LINGERS: "scores that are removed late or never",
    Cause.ZERO_LEFT_OUT: "scores of 0 that are not stored",
    Cause.UNREAD_TYPE: "copies of scores that nobody reads",
    Cause.RANGE_OF_ANOTHER_NAME: "the third range of playlists under another name",
    Cause.NOTIFICATIONS_STARVED: "rewards of which nobody is told, behind 500 others",
    Cause.TOLD_ONCE_AN_HOUR: "another of several rewards within an hour was told",
    Cause.REWARD_DIFFERS: "news of rewards that differ themselves",
    Cause.REFERRED_OTHERWISE: "rewards for being referred under another specifier",
    Cause.COMPLETED_WITHOUT_BLOCK: "completions without their block",
    Cause.PAYMENTS_BEHIND: "payments behind the last that one of both was told of",
    Cause.PAYMENTS_DIFFER: "tips, rewards and news that follow from payments which differ",
    Cause.ROUTE_OF_AN_EDIT: "a new number for a permalink whose title came to the same",
    Cause.SLUG_OF_THE_NUMBER: "the number of an item for a permalink, where the title came to nothing",
    Cause.LISTENS_REPEATED: "plays counted again in what users heard",
    Cause.LISTENS_SKIPPED: "plays left out of what users heard",
    Cause.RULES_DIFFER: "rewards by other rules, as the catalogues have them",
    UNKNOWN: "no known defect",
    "": "looked at again",
}
"""What people read for a cause."""


NO_DEFECTS: Final = frozenset(
    {Cause.RULES_DIFFER, Cause.TOLD_ONCE_AN_HOUR, Cause.PAYMENTS_BEHIND, Cause.PAYMENTS_DIFFER}
)
"""Causes that are the operator's choice, or chance, or another program's."""

NOT_COMPARED: Final[Mapping[str, str]] = {
    "plays older than 390 days": "each program prunes in its own time",
    "news of lists, and what is sent at a time of the day": "it tells of a moment, at which the two were not alike",
    "shares, user events, reactions": "their keys hold a hash whose form changed, or a number of the database's own; "
    "counts of shares are compared",
    "what the network's other programs keep (sol_*, chat, balances, usdc_transactions_history)": "neither indexer "
    "writes it",
    "streaks and steps of profiles": "they are what jobs work with; the rewards that come of them are compared",
    "wallets": "their key in older databases has no order that an index gives",
}
"""What is not compared, and why."""


class Verdict(StrEnum):
    """What a comparison comes to."""

    BEGUN = "begun"
    """The first round is under way."""
    DIFFERENT = "different"
    """There are differences that no known defect explains."""
    WAITING = "waiting"
    """None is, but some rows have differed for less time than their jobs may take, or something was left out."""
    EQUAL = "equal"
    """All that differs is explained."""


class DifferenceGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Differences of one subject, kind and cause."""

    subject: str
    """What was compared."""
    kind: str
    """How rows differ."""
    cause: str
    """Why, empty while they are looked at again; unknown: no known defect."""
    rows: int
    """How many."""
    waiting: int
    """How many of them have stood as they are, and for too short a time to be certain."""
    key: Sequence[str]
    """The latest of them."""
    columns: Sequence[str]
    """Its columns that differ."""
    here: Sequence[str | None] | None
    """Their values in our database; None: the row is missing."""
    there: Sequence[str | None] | None
    """Their values in the other."""

    @property
    def suspicion(self) -> str:
        """Return the cause in words."""
        return TOLD.get(self.cause, self.cause)


class Problem(msgspec.Struct, frozen=True):
    """Why a subject was left out."""

    subject: str
    problem: str


class _Watched(msgspec.Struct, frozen=True, kw_only=True):
    """The singleton row."""

    database: str
    """The database that is watched."""
    here_height: int
    """Our height at the last look."""
    there_height: int
    """Theirs."""
    began_at: datetime
    """When the comparison began."""
    looked_at: datetime
    """The last look."""
    equal_seconds: float | None
    """For how long nothing was found that no known defect explains; None: something is."""
    equal_from_height: int | None
    """The height at which that began."""
    rounds: int
    """Rounds over everything that have ended."""
    rows: int
    """Rows that were looked at."""
    passed_over: int
    """Rows that differ and are not listed, because there are too many."""


class WatchStatus(_Watched, frozen=True, kw_only=True):
    """How a comparison stands."""

    differences: Sequence[DifferenceGroup] = ()
    """What differs; what no defect explains comes first."""
    problems: Sequence[Problem] = ()
    """What was left out, and why."""

    @property
    def verdict(self) -> Verdict:
        """Return what it comes to."""
        if self.unexplained:
            return Verdict.DIFFERENT
        if not self.rounds:
            return Verdict.BEGUN
        return Verdict.WAITING if self.problems or any(each.waiting for each in self.differences) else Verdict.EQUAL

    @property
    def unexplained(self) -> int:
        """Return how many rows differ for no known reason."""
        return self.passed_over + sum(each.rows for each in self.differences if each.cause == UNKNOWN)

    @property
    def known(self) -> Mapping[str, int]:
        """Return how many rows differ by each known cause, the commonest first."""
        found = Counter[str]()
        for each in self.differences:
            if each.cause not in {"", UNKNOWN}:
                found[each.cause] += each.rows
        return dict(found.most_common())

    @property
    def not_compared(self) -> Mapping[str, str]:
        """Return what is not compared, and why."""
        return NOT_COMPARED

    @property
    def sentence(self) -> str:
        """Return what it comes to, in a sentence or two."""
        return " ".join(
            part for part in (self._judgement(), self._no_defects(), self._uncertain(), self._left_out()) if part
        )

    def _judgement(self) -> str:
        known = "; ".join(_counted(cause, rows) for cause, rows in self.known.items() if cause not in NO_DEFECTS)
        if self.verdict == Verdict.DIFFERENT:
            subjects = dict.fromkeys(each.subject for each in self.differences if each.cause == UNKNOWN)
            beside = f" Known defects of theirs beside: {known}." if known else ""
            return (
                f"Different: {figures.plural(self.unexplained, 'row')} for no known reason,"
                f" in {', '.join(subjects) or 'more rows than are listed'}.{beside}"
            )
        heights = f"from height {self.equal_from_height} to {min(self.here_height, self.there_height)}"
        but = f" but for these known defects of theirs: {known}" if known else ""
        if self.verdict == Verdict.BEGUN:
            return f"So far equal in {figures.plural(self.rows, 'row')}{but}; the first round has not ended."
        return (
            f"Equal for {figures.about(self.equal_seconds)}, {heights}, in {figures.plural(self.rounds, 'round')}{but}."
        )

    def _no_defects(self) -> str:
        told = "; ".join(_counted(cause, rows) for cause, rows in self.known.items() if cause in NO_DEFECTS)
        return f"No defect is: {told}." if told else ""

    def _uncertain(self) -> str:
        waiting = sum(each.waiting for each in self.differences)
        moving = sum(each.rows - each.waiting for each in self.differences if not each.cause)
        told = [
            f"{figures.plural(waiting, 'row')} may be late there and must stand longer to be judged" if waiting else "",
            f"{figures.plural(moving, 'row')} changed at every look" if moving else "",
        ]
        return " ".join(f"{text}." for text in told if text)

    def _left_out(self) -> str:
        subjects = dict.fromkeys(each.subject for each in self.problems)
        return f"Not compared as a whole: {', '.join(subjects)}." if subjects else ""


def _counted(cause: str, rows: int) -> str:
    return f"{TOLD.get(cause, cause)} ({figures.plural(rows, 'row')})"


async def read_watch(connection: AsyncConnection[Any]) -> WatchStatus | None:
    """Return how the comparison stands; None where nothing was ever compared."""
    found = await first(connection, _Watched, WATCHED)
    if found is None:
        return None
    limit = {"limit": GROUPS_MAX}
    return WatchStatus(
        **msgspec.structs.asdict(found),
        differences=tuple(await every(connection, DifferenceGroup, DIFFERENCES, limit)),
        problems=tuple(await every(connection, Problem, PROBLEMS, limit)),
    )
