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
from backbeat.lock_holder import LockHolder

LOOK = load(__package__, "look.sql")
WRITERS = load(__package__, "writers.sql")
MOVE = load(__package__, "move.sql")
MODE = load(__package__, "mode.sql")
STARTED = load(__package__, "started.sql")
AHEAD = load(__package__, "ahead.sql")

BLOCKS_MAX = 1_000  # of a step: a few tens of milliseconds, and as many rows of past_frontiers
MOVED_STATE: Final = "BB001"  # the SQLSTATE of a cursor that was moved
BEGIN_AGAIN = (
    "Nothing was derived since. Find out whether it was reset or restored, and whether plays_id_seq is behind them "
    "(SELECT setval('plays_id_seq', (SELECT max(id) FROM plays))). Then begin again where it stands: `backbeat adopt "
    "--release`, `backbeat adopt --jobs-only`, and rebuild jobs with `backbeat jobs rebuild NAME`."
)
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
    kept_mark: str | None
    """Cluster and transaction that wrote its row of the bookkeeping when the cursor came there; None: unknown."""
    found_mark: str | None
    """Those that wrote it as it is now."""
    held_height: int | None
    """How far the cursor may go for what is noted out of order behind it; None: nothing is."""
    expected_height: int | None
    """The first height where something else is noted than is expected."""
    doubtful_height: int | None
    """The height that is noted there: the same one, or a later one."""
    doubtful_number: int | None
    """Its number among blocks of entities."""
    ahead_play: int | None
    """The first play that is covered although its slot is no block that is noted or next; None: there is none."""
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

    @property
    def held_at(self) -> str:
        """What the cursor cannot pass, and waiting may not help; nothing if it may go on."""
        if self.held_height is None or self.held_height > self.height:
            return ""
        if self.doubtful_height != self.expected_height:
            return (
                f"block {self.expected_height}, which core_indexed_blocks lacks, though it has {self.doubtful_height}"
            )
        return (
            f"block {self.expected_height}, whose em_block in core_indexed_blocks is {self.doubtful_number}, out of "
            "order with those of the blocks around it"
        )


class Writer(NamedTuple):
    """A transaction that may have written what a look did not see."""

    transaction: str
    """Its virtual id, which it keeps to its end."""
    pid: int
    """Its process on the server; 0 of a prepared one."""
    application: str
    """What its session calls itself."""
    user: str
    """Its role."""
    state: str
    """What it does; empty where our role may not see it."""
    since: datetime | None
    """When it began; None of a prepared one."""
    relation: str
    """A table that it writes."""

    @property
    def holder(self) -> LockHolder:
        """What is said of it."""
        return LockHolder(
            pid=self.pid,
            application=self.application,
            user=self.user,
            state=self.state,
            since=self.since,
            relation=self.relation,
        )


class PlayAhead(NamedTuple):
    """A play whose slot is a block that is far away."""

    play_id: int
    """Its id."""
    slot: int
    """Its slot."""
    height: int
    """Where the cursor stands."""


class Stood(NamedTuple):
    """What a step came to."""

    look: Look
    """Where the frontier stands, and how far the other program is."""
    has_moved: bool = False
    """Whether the cursor moved."""
    waits_for: Sequence[Writer] = ()
    """Those that it waits for; none: for nobody."""

    @property
    def told(self) -> str:
        """What it waits for, in words; nothing if for nothing."""
        return told(self.waits_for) or self.look.held_at


class Frontier:
    """Moves the cursor, one look after the other. It keeps a look in hand until those who wrote then have ended."""

    def __init__(self, *, blocks_behind: int, blocks_max: int = BLOCKS_MAX, plays_max: int = PLAYS_MAX) -> None:
        self._bounds = {"blocks_behind": blocks_behind, "blocks_max": blocks_max, "plays_max": plays_max}
        self._look: Look | None = None
        self._writers: Sequence[Writer] = ()
        self._server: str | None = None

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
                    await self._check_server(connection)
                    await connection.execute(MOVE, msgspec.structs.asdict(look))
            return Stood(look, has_moved=True)
        return Stood(look, waits_for=waits_for if look.moves else ())

    async def _look_again(self, connection: AsyncConnection[Any]) -> None:
        self._look = None
        self._server = await value(connection, STARTED)
        found = await first(connection, Look, LOOK, self._bounds)
        if found is None:
            raise _not_beside()
        if (fault := fault_of(found)) is not None:
            raise fault
        self._writers = await writers(connection) if found.moves else ()
        self._look = found

    async def _check_server(self, connection: AsyncConnection[Any]) -> None:
        if await value(connection, STARTED) != self._server:  # a pooler goes over to another session without a word
            raise _moved_meanwhile()


async def standing(connection: AsyncConnection[Any]) -> Look | None:
    """Look no further than checks need, and return what was seen; None where no other program writes the blocks."""
    return await first(connection, Look, LOOK, {"blocks_behind": 0, "blocks_max": BLOCKS_MAX, "plays_max": 1})


async def play_ahead(connection: AsyncConnection[Any]) -> PlayAhead | None:
    """Return the last play that was covered though its slot was no block, if it still is none."""
    return await first(connection, PlayAhead, AHEAD)


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
    return str(msgspec.structs.replace(oldest.holder, others=len(waits_for) - 1))


@contextmanager
def _moving() -> Iterator[None]:
    """Raise LeaseLostError where the cursor is not where it was looked at."""
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate != MOVED_STATE:
            raise
        raise _moved_meanwhile() from None


def _moved_meanwhile() -> LeaseLostError:
    return LeaseLostError(
        "frontier_moved",
        "Another process moved the frontier, or the server began again.",
        cure="Nothing was skipped. The process that holds the lease goes on.",
    )


def fault_of(found: Look) -> UnfitDatabaseError | None:
    """Return why jobs cannot go on: the other program does not go on from where it was. None: it does."""
    return _of_blocks(found) or _of_plays(found)


def _of_blocks(found: Look) -> UnfitDatabaseError | None:
    if found.other_chain is not None:
        return _went_back(f"The other indexer went over from the chain {found.chain_id!r} to {found.other_chain!r}")
    if found.head_height is None or found.head_height < found.from_height:
        return _went_back(
            f"The other indexer went back: it was at block {found.from_height} of {found.chain_id!r}, and its "
            f"bookkeeping ends at {found.head_height or 'none'}"
        )
    if found.found_hash != found.kept_hash:
        return _went_back(
            f"The other indexer has another block {found.from_height} of {found.chain_id!r} now: {found.found_hash}, "
            f"where {found.kept_hash} was"
        )
    if _is_written_again(found.kept_mark, found.found_mark):
        return _went_back(
            f"The other indexer wrote block {found.from_height} of {found.chain_id!r} again: its row of "
            "core_indexed_blocks is of another transaction than when jobs came there",
            ends=" If only columns of these rows were set, and no block was indexed again, nothing is wrong: UPDATE "
            "backbeat.beside SET block_mark = NULL, and start again.",
        )
    return None


def _is_written_again(kept: str | None, found: str | None) -> bool:
    """Tell whether a row was written again; transactions of two clusters cannot be compared."""
    if kept is None or found is None or kept.partition(":")[0] != found.partition(":")[0]:
        return False
    return kept != found


def _of_plays(found: Look) -> UnfitDatabaseError | None:
    if (found.last_number or 0) < found.from_play:
        return _went_back(
            f"The sequence of plays went back: it is at {found.last_number or 0}, the last play was {found.from_play}"
        )
    if (found.last_number or 0) < found.play_id:
        return UnfitDatabaseError(
            "plays_numbered_by_hand",
            f"The play {found.play_id} has no number of the sequence, which is at {found.last_number or 0}: plays that "
            "come next would have numbers below it.",
            cure="No job missed a play so far. If a restore left the sequence behind: SELECT setval('plays_id_seq', "
            "(SELECT max(id) FROM plays)), and start again. If plays come by replication, run jobs at their source.",
        )
    if found.cached > 1:
        return UnfitDatabaseError(
            "plays_numbered_ahead",
            f"Sessions take {found.cached} numbers of plays at once, so plays come with numbers below later ones.",
            cure="No job missed a play so far. Stop that indexer, which keeps the numbers that it has taken, ALTER "
            "SEQUENCE plays_id_seq CACHE 1, and start both again.",
        )
    return None


def _went_back(what: str, *, ends: str = "") -> UnfitDatabaseError:
    return UnfitDatabaseError(
        "writer_went_back",
        f"{what}. What jobs derived of its rows may not be so any more.",
        cure=BEGIN_AGAIN + ends,
    )


def _not_beside() -> UnfitDatabaseError:
    return UnfitDatabaseError(
        "not_beside_another",
        "Jobs do not run beside another indexer here any more: the database was taken over or given back.",
        cure="Start Backbeat again: it works as the database says.",
    )
