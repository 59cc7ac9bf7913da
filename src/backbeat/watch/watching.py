"""The comparison itself, a step at a time: what differed, what blocks changed, and round after round all there is."""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import psycopg
import structlog

from backbeat.clock import Clock
from backbeat.db.failures import translated
from backbeat.errors import DatabaseError, UnfitDatabaseError
from backbeat.observe.watched import UNKNOWN
from backbeat.service import until
from backbeat.watch.causes import REWARDS, cause_of, reward_of
from backbeat.watch.differences import LOOK_SECONDS, Kept, differing, judged
from backbeat.watch.evidence import Evidence
from backbeat.watch.side import Side
from backbeat.watch.statements import Key, Shape, shapes
from backbeat.watch.store import Move, Store, Way
from backbeat.watch.subjects import STIRS, SUBJECTS, Subject

RANGE_ROWS: Final = 200  # keys of one look: some 200 index probes there, a few milliseconds
SELDOM_SECONDS: Final = 600.0  # a difference that is known heals by a job of theirs, if at all
PAUSE_SECONDS: Final = 0.1  # between two steps at the least
AGAIN_SECONDS: Final = 5.0  # after an outage
LOOKS_AT_ONCE: Final = 3  # what has not stood still by then is called moving
THERE, HERE, BLOCKS = "there", "here", "blocks"

LEFT_OUT: Final = (
    psycopg.errors.QueryCanceled,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedObject,
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.DataError,
    # of a view or a function of theirs, or of a damaged table
    psycopg.errors.RaiseException,
    psycopg.errors.WrongObjectType,
    psycopg.errors.CardinalityViolation,
    psycopg.errors.FeatureNotSupported,
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.InternalError_,
    psycopg.errors.DataCorrupted,
    psycopg.errors.IndexCorrupted,
)
"""Why a subject may be left out of a round while the others go on."""

log = structlog.get_logger(__name__)


class Watch:
    """Compares our database with another. A step is bounded: a look at 200 keys there, and what is known is kept."""

    def __init__(
        self, here: Side, there: Side, store: Store, *, database: str, clock: Clock, rows_per_second: float
    ) -> None:
        self._here = here
        self._there = there
        self._store = store
        self._database = database
        self._clock = clock
        self._rows_per_second = rows_per_second
        self._evidence = Evidence(here, there)
        self._shapes: dict[str, tuple[Shape, Shape]] = {}
        self._ways: dict[tuple[str, str], Way] = {}
        self._block_number = 0
        self._heights = (0, 0)
        self.rows = 0

    async def begin(self) -> None:
        """Look at both databases. Raises UnfitDatabaseError where they are not of one chain."""
        cursor = await self._here.read_cursor()
        if cursor is None:
            raise UnfitDatabaseError(
                "watch_without_blocks",
                "No block is indexed in the database of ours, so there is nothing to compare.",
                cure="Let it follow the chain, with `backbeat up` or by --node here; or adopt a copy of the other.",
            )
        self._here.chain_id = self._there.chain_id = cursor.chain_id
        self._block_number = cursor.block_number
        if await self._there.read_height() is None:
            raise UnfitDatabaseError(
                "watched_chain_unknown",
                f"The database that is watched has no blocks of the chain {cursor.chain_id[:100]!r}, as ours has.",
                cure="Name the database of an indexer of the same chain with --database.",
            )
        mine, others = await self._here.columns(), await self._there.columns()
        self._shapes = {name: shapes(subject, mine, others) for name, subject in SUBJECTS.items()}
        ways = [(name, way) for name, subject in SUBJECTS.items() for way in _ways_of(subject)]
        await self._store.begin(self._database, ways)
        kept = await self._store.ways()
        self._ways = {key: kept[key] for key in ways}

    async def once(self, *, seconds_max: float) -> None:
        """Compare everything once, and look again at what differed, unless the seconds are over before."""
        ends = self._clock.monotonic() + seconds_max
        goals = {key: way.rounds + 1 for key, way in self._ways.items() if key[1] != BLOCKS}
        while any(self._ways[key].rounds < goal for key, goal in goals.items()) and self._clock.monotonic() < ends:
            await self._pace(self.roll())
        for _ in range(LOOKS_AT_ONCE):
            await self._clock.sleep(LOOK_SECONDS)
            begun = self._clock.now()
            while self._clock.monotonic() < ends and await self._pace(self.look_again(soon=begun, seldom=begun)):
                pass

    async def forever(self, stop: asyncio.Event) -> None:
        """Compare until ``stop`` is set; an outage of the other is waited for.

        Raises DatabaseError where our session is gone.
        """
        while not stop.is_set():
            try:
                with translated():
                    await self.step()
                pause = PAUSE_SECONDS
            except DatabaseError as error:
                if self._store.is_lost:
                    raise
                log.warning("watch_interrupted", code=error.code, error=error.message)
                pause = AGAIN_SECONDS
            await until(self._clock.sleep(pause), stop)

    async def step(self) -> None:
        """Look at what differed and is due, at what blocks changed, and at the next range."""
        now = self._clock.now()
        soon, seldom = (now - timedelta(seconds=seconds) for seconds in (LOOK_SECONDS, SELDOM_SECONDS))
        await self._pace(self.look_again(soon=soon, seldom=seldom))
        for name, subject in SUBJECTS.items():
            if subject.stamp:
                await self._pace(self.changed(name))
        await self._pace(self.roll())

    async def look_again(self, *, soon: datetime, seldom: datetime) -> int:
        """Look at what differed: what is new and was not looked at since ``soon``, all else since ``seldom``."""
        due = await self._store.due(soon, seldom, RANGE_ROWS)
        if due:
            keys = [each.key for each in due]
            try:
                await self._compare(due[0].subject, keys, None)
            except LEFT_OUT as error:
                log.warning("watch_left_out", subject=due[0].subject, why=_said(error))
                await self._store.put_off(due[0].subject, keys, self._clock.now())
        return len(due)

    async def changed(self, name: str) -> int:
        """Look at the rows of a subject that our blocks wrote since the last time, and at counts that go with them."""
        way = self._ways[name, BLOCKS]
        above = int(way.after_key[0]) if way.after_key else self._block_number
        shape, _ = self._shapes[name]
        keys, upto = await self._here.changed(shape, above, RANGE_ROWS)
        if upto == above and way.after_key:
            return 0
        problem = ""
        try:
            await self._stirred(name, keys)
        except LEFT_OUT as error:  # the rounds come to them as well
            problem = _said(error)
        await self._moved(Move(subject=name, way=BLOCKS, after=(str(upto),), rows=len(keys), problem=problem))
        return len(keys)

    async def _stirred(self, name: str, keys: Sequence[Key]) -> None:
        """Look at rows of a subject, and at those that change with them."""
        for part in _pieces(keys):
            await self._compare(name, part, None)
        for other, place in STIRS.get(name, ()):
            for part in _pieces(list(dict.fromkeys((key[place],) for key in keys))):
                await self._compare(other, part, None)

    async def roll(self) -> int:
        """Look at the next range of keys, in the order of one of the databases."""
        name, side = min((key for key in self._ways if key[1] != BLOCKS), key=lambda key: self._ways[key].rounds)
        way = self._ways[name, side]
        shape, other = self._shapes[name]
        after = tuple(way.after_key) if way.after_key is not None else None
        try:
            if side == THERE:
                keys = await self._there.next_keys(other, after, RANGE_ROWS)
            else:
                keys = await self._here.next_keys(shape, after, RANGE_ROWS)
            ended = len(keys) < RANGE_ROWS
            move = Move(subject=name, way=side, after=None if ended else keys[-1], rows=len(keys), ended=ended)
            await self._compare(name, keys, move)
        except LEFT_OUT as error:
            keys = []
            await self._moved(Move(subject=name, way=side, after=None, rows=0, problem=_said(error), ended=True))
        return len(keys)

    async def _compare(self, name: str, keys: Sequence[Key], move: Move | None) -> None:
        """Look at keys in both databases, and keep what differs."""
        subject, now = SUBJECTS[name], self._clock.now()
        shape, other = self._shapes[name]
        here, there = await self._here.rows(shape, keys), await self._there.rows(other, keys)
        self._heights = here.height, there.height
        before = await self._store.of_keys(name, keys)
        found = [
            judged(subject, seen, before.get(seen.key), self._heights, now)
            for seen in differing(shape, keys, here, there)
        ]
        gone = [*(before.keys() - {each.key for each in found})]
        kept, passed_over = await self._bounded(name, found, before.keys())
        kept = await self._caused(subject, kept)
        if move is not None:
            move = msgspec.structs.replace(move, passed_over=passed_over)
        await self._store.keep(name, kept, gone, move, now)
        await self._store.note(self._database, self._heights, now)
        self.rows += len(keys)
        if move is not None:
            self._note_way(move)

    async def _bounded(self, name: str, found: Sequence[Kept], known: Iterable[Key]) -> tuple[list[Kept], int]:
        """Return what may be kept, and how many there are beyond."""
        before = {*known}
        new = [each for each in found if each.key not in before]
        if not new:
            return list(found), 0
        room = max(0, await self._store.room(name))
        left = {each.key for each in new[room:]}
        return [each for each in found if each.key not in left], len(left)

    async def _caused(self, subject: Subject, found: Sequence[Kept]) -> list[Kept]:
        """Return differences with their causes: those that are certain and have none that is known."""
        asked = [each for each in found if each.is_certain and each.cause in {"", UNKNOWN}]
        if not asked:
            return list(found)
        differing_subjects = await self._store.certain_subjects()
        rewards = {each.key: reward for each in asked if (reward := reward_of(each))}
        certain = {
            key
            for key, reward in (await self._store.of_keys(REWARDS, [*rewards.values()])).items()
            if reward.is_certain
        }
        odd = {key for key, reward in rewards.items() if reward in certain}
        cases = await self._evidence.cases(subject, asked, differing_subjects, odd, self._clock.now())
        causes = {case.found.key: cause_of(case) for case in cases}
        return [msgspec.structs.replace(each, cause=causes[each.key]) if each.key in causes else each for each in found]

    async def _moved(self, move: Move) -> None:
        await self._store.move(move, self._clock.now())
        self._note_way(move)

    def _note_way(self, move: Move) -> None:
        way = self._ways[move.subject, move.way]
        self._ways[move.subject, move.way] = msgspec.structs.replace(
            way, after_key=None if move.after is None else list(move.after), rounds=way.rounds + move.ended
        )

    async def _pace(self, work: Coroutine[Any, Any, int]) -> int:
        """Do a step, and rest for as long as its rows may take."""
        rows = await work
        await self._clock.sleep(max(PAUSE_SECONDS, rows / self._rows_per_second) if rows else 0.0)
        return rows


def _said(error: psycopg.Error) -> str:
    return f"{error.sqlstate}: {str(error).splitlines()[0][:200]}"


def _ways_of(subject: Subject) -> Iterator[str]:
    yield THERE
    yield HERE
    if subject.stamp:
        yield BLOCKS


def _pieces(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    """Yield keys in pieces of one look each."""
    for first in range(0, len(keys), RANGE_ROWS):
        yield keys[first : first + RANGE_ROWS]
