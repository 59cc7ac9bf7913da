"""How far jobs may go beside another program that writes the blocks: the cursor trusts what surely is committed.

A look tells how far the newest block and its plays reach. A transaction that holds a lock at that moment which writers
take, before they write a row or get a number for one, may have written what the look did not see, with an earlier
number than it saw. So the cursor moves there when the last of them has ended, committed or not: from then on no row can
appear at or below it. Sessions that began later take numbers above it, and nobody waits for them.

Which blocks count is a promise of the other program. One that writes a block and its rows in one transaction has whole
blocks only. One that notes a block first and writes its rows later has written all blocks but the newest
(``blocks_behind``).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
import psycopg
from psycopg import AsyncConnection

from backbeat.db.query import every, first, value
from backbeat.db.sql import load
from backbeat.errors import LeaseLostError, UnfitDatabaseError
from backbeat.incremental.transaction import Session, fenced

LOOK = load(__package__, "look.sql")
WRITERS = load(__package__, "writers.sql")
MOVE = load(__package__, "move.sql")
MODE = load(__package__, "mode.sql")
STARTED = load(__package__, "started.sql")

BLOCKS_MAX = 1_000  # of a step: a few tens of milliseconds, and as many rows of past_frontiers
MOVED_STATE: Final = "BB001"  # the SQLSTATE of a cursor that was moved
PLAYS_MAX = 50_000  # of a step: as many as jobs read in one window


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """How far the cursor may go once those who write now have ended."""

    chain_id: str
    """The chain that the other program follows."""
    from_height: int
    """Where the cursor stands."""
    from_play: int
    """The last play that it covers."""
    height: int
    """How far it may go."""
    play_id: int
    """The last play that it covers then."""
    head_height: int | None
    """The newest block of the bookkeeping; None: it has none of this chain."""
    kept_hash: str
    """The hash of the cursor's block."""
    found_hash: str | None
    """The hash that the bookkeeping has for it now; None: it has none."""
    last_number: int | None
    """The last number that the sequence of plays gave; None: there is none, or it gave none."""
    cached: int
    """How many numbers a session takes from it at once."""
    other_chain: str | None
    """The chain of the newest block, where that is another one."""

    @property
    def moves(self) -> bool:
        """Whether the cursor would move."""
        return (self.height, self.play_id) != (self.from_height, self.from_play)


class Writer(NamedTuple):
    """A transaction that may have written what a look did not see."""

    transaction: str
    """Its virtual id, which it keeps to its end."""
    pid: int
    """Its process on the server; 0 of a prepared one."""
    application: str
    """What its session calls itself."""
    since: datetime | None
    """When it began; None of a prepared one."""
    table_name: str
    """A table that it writes."""


class Stood(NamedTuple):
    """What a step came to."""

    look: Look
    """Where the frontier stands, and how far the other program is."""
    has_moved: bool = False
    """Whether the cursor moved."""
    waits_for: Sequence[Writer] = ()
    """Those that it waits for; none: for nobody."""


class Frontier:
    """Moves the cursor, one look after the other. It keeps a look in hand until those who wrote then have ended."""

    def __init__(self, *, blocks_behind: int, blocks_max: int = BLOCKS_MAX, plays_max: int = PLAYS_MAX) -> None:
        self._bounds = {"blocks_behind": blocks_behind, "blocks_max": blocks_max, "plays_max": plays_max}
        self._look: Look | None = None
        self._writers: Sequence[Writer] = ()
        self._server: datetime | None = None

    async def step(self, session: Session) -> Stood:
        """Look, or look whom the look in hand still waits for, and move if it is nobody; commits behind the fence.

        Raises UnfitDatabaseError where the other program does not go on from where it was, or jobs do not run beside
        one any more; LeaseLostError as the fence does.
        """
        connection = session.connection
        if self._look is None or await value(connection, STARTED) != self._server:  # names are given again then
            await self._look_again(connection)
        else:
            among = [each.transaction for each in self._writers]
            self._writers = await writers(connection, among)
        assert self._look is not None  # noqa: S101 - it was looked just now
        look, waits_for = self._look, tuple(self._writers)
        if not look.moves or not waits_for:
            self._look = None
        if look.moves and not waits_for:
            with _moving():
                async with fenced(session):
                    await connection.execute(MOVE, msgspec.structs.asdict(look))
            return Stood(look, has_moved=True)
        return Stood(look, waits_for=waits_for if look.moves else ())

    async def _look_again(self, connection: AsyncConnection[Any]) -> None:
        self._server = await value(connection, STARTED)
        found = await first(connection, Look, LOOK, self._bounds)
        if found is None:
            raise _not_beside()
        _check(found)
        self._look, self._writers = found, await writers(connection) if found.moves else ()


async def writers(connection: AsyncConnection[Any], among: Sequence[str] | None = None) -> list[Writer]:
    """Return the transactions that write what blocks hold, or those ``among`` earlier ones that have not ended.

    To be asked by a statement of its own, behind the look.
    """
    return await every(connection, Writer, WRITERS, {"among": None if among is None else list(among)})


async def refuse_blocks(connection: AsyncConnection[Any]) -> None:
    """Raise UnfitDatabaseError where another program writes the blocks, so that no block loop may."""
    chain_id = await foreign_chain(connection)
    if chain_id is not None:
        raise UnfitDatabaseError(
            "jobs_only",
            f"Another indexer writes the blocks of {chain_id!r} here, and Backbeat only runs jobs beside it.",
            cure="Run `backbeat jobs run` and `backbeat web`. To have Backbeat write the blocks, stop that indexer and "
            "take over: `backbeat adopt`.",
        )


async def foreign_chain(connection: AsyncConnection[Any]) -> str | None:
    """Return the chain whose blocks another program writes, while jobs run beside it; None: the block loop writes."""
    found = await first(connection, tuple, MODE)
    return found[0] if found else None


def told(waits_for: Sequence[Writer]) -> str:
    """Return in words whom the frontier waits for: who has been at it for longest, and how many others."""
    if not waits_for:
        return ""
    oldest = min(waits_for, key=lambda each: (each.since is not None, each.since))
    since = f", in a transaction since {oldest.since:%Y-%m-%d %H:%M:%S %Z}" if oldest.since else ""
    who = f"{oldest.application} (process {oldest.pid})" if oldest.pid else oldest.application
    others = f" and {len(waits_for) - 1} more" if len(waits_for) > 1 else ""
    return f"{who}, which writes {oldest.table_name}{since}{others}"


@contextmanager
def _moving() -> Iterator[None]:
    """Raise LeaseLostError where the cursor is not where it was looked at."""
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate != MOVED_STATE:
            raise
        raise LeaseLostError(
            "frontier_moved",
            "Another process moved the frontier.",
            cure="Nothing was skipped. The process that holds the lease goes on.",
        ) from None


def _check(found: Look) -> None:
    """Raise UnfitDatabaseError unless the other program goes on from where it was."""
    if found.other_chain is not None:
        raise _reset(f"The other indexer went over from the chain {found.chain_id!r} to {found.other_chain!r}")
    if found.head_height is None or found.head_height < found.from_height:
        raise _reset(
            f"The other indexer went back: it was at block {found.from_height} of {found.chain_id!r}, and its "
            f"bookkeeping ends at {found.head_height or 'none'}"
        )
    if found.found_hash != found.kept_hash:
        raise _reset(
            f"The other indexer has another block {found.from_height} of {found.chain_id!r} now: {found.found_hash}, "
            f"where {found.kept_hash} was"
        )
    if (found.last_number or 0) < found.from_play:
        raise _reset(
            f"The sequence of plays went back: it is at {found.last_number or 0}, the last play was {found.from_play}"
        )
    if (found.last_number or 0) < found.play_id:
        raise UnfitDatabaseError(
            "plays_numbered_by_hand",
            f"The play {found.play_id} has no number of the sequence, which is at {found.last_number or 0}: plays that "
            "come next would have numbers below it.",
            cure="No job missed a play so far. If a restore left the sequence behind: SELECT setval('plays_id_seq', "
            "(SELECT max(id) FROM plays)), and start again. If plays come by replication, run jobs at their source.",
        )
    if found.cached > 1:
        raise UnfitDatabaseError(
            "plays_numbered_ahead",
            f"Sessions take {found.cached} numbers of plays at once, so plays come with numbers below later ones.",
            cure="No job missed a play so far. Stop that indexer, which keeps the numbers that it has taken, ALTER "
            "SEQUENCE plays_id_seq CACHE 1, and start both again.",
        )


def _reset(what: str) -> UnfitDatabaseError:
    return UnfitDatabaseError(
        "writer_went_back",
        f"{what}. What jobs derived of its rows may not be so any more.",
        cure="Nothing was derived since. Find out whether it was reset or restored, and whether plays_id_seq is "
        "behind them (SELECT setval('plays_id_seq', (SELECT max(id) FROM plays))). Then begin again where it stands: "
        "`backbeat adopt --release`, `backbeat adopt --jobs-only`, and rebuild jobs with `backbeat jobs rebuild NAME`.",
    )


def _not_beside() -> UnfitDatabaseError:
    return UnfitDatabaseError(
        "not_beside_another",
        "Jobs do not run beside another indexer here any more: the database was taken over or given back.",
        cure="Start Backbeat again: it works as the database says.",
    )
