"""Looking for all jobs at once: one statement tells which of them have anything to do.

A run looks at each of its feeds, and so did every job after every block. Here all feeds are asked together: those that
read the same table share one probe of its index for the newest stamp, and each compares that with its own position.
So a look costs the number of tables, not of jobs, and as much with a backlog as without. What a job's run would find
that no feed tells, such as other parameters or another definition, only a run finds.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.sql import SQL, Composed, Literal

from backbeat.codes import Phase
from backbeat.db.failures import failure_of
from backbeat.db.outage import first_line, trouble_of
from backbeat.db.query import one
from backbeat.db.sql import Name, compose, load
from backbeat.incremental.due import chain_time
from backbeat.incremental.sight import Kind, Sight, Sighted
from backbeat.incremental.sweep import END

LIMITS = load(__package__, "glance_limits.sql")

BLIND_LOOKS_MAX = 600  # at a block a second ten minutes: then what could not be looked at is asked about again
STATEMENTS_MAX = 32  # every choice among the jobs that are costly to look at, of which there are four
RULES = ""  # stands among jobs for the table of rules

TOGETHER: Mapping[Kind, str] = {
    Kind.STAMPS: "glance_positions.sql",
    Kind.CLOCKS: "glance_positions.sql",
    Kind.CHANGES: "glance_changes.sql",
    Kind.SWEEPS: "glance_sweeps.sql",
}

log = structlog.get_logger(__name__)

KEPT: Mapping[Kind, Mapping[str, Name]] = {
    Kind.STAMPS: {
        "ledger": "indexing_checkpoints",
        "name": "tablename",
        "position": "last_checkpoint",
        "first": SQL("0"),
        "type": SQL("bigint"),
    },
    Kind.CLOCKS: {
        "ledger": ("backbeat", "clocks"),
        "name": "name",
        "position": "reached_at",
        "first": SQL("to_timestamp(0)"),
        "type": SQL("timestamptz"),
    },
}
"""Where positions that are compared with a probe are kept; ``first``: what one that is not on record counts as."""

Clock = Callable[[AsyncConnection[Any]], Awaitable[datetime]]


class Scheduled(NamedTuple):
    """What tells whether the schedule is as it was: sums over its rows, and whether a block loop is at the tip."""

    rows: int
    terms: int
    runs: int
    paused: int
    tips: int


class Seen(NamedTuple):
    """What a glance tells."""

    block_number: int | None
    """Of the block loop's cursor; None before the first block."""

    play_id: int | None
    """Of the same."""

    moved: frozenset[str]
    """The jobs of which a feed tells anything new, or has no position to go on from."""

    is_requested: bool
    """An operator has asked for a run of some job."""

    rules: int | None = None
    """Changes with the table of rules, of which no feed tells; None where there are none."""

    passed_over: frozenset[str] = frozenset()
    """The jobs that were not looked at."""

    schedule: Scheduled | None = None
    """What stands in the schedule; None where that was not asked."""


class Found(NamedTuple):
    """What the statement answers."""

    block_number: int | None
    """Of the block loop's cursor."""
    play_id: int | None
    """Of the same."""
    places: Sequence[int]
    """Those of jobs, each as often as feeds say so."""
    is_requested: bool
    """Whether an operator asked for a run."""
    rules: int | None
    """What changes with the table of rules."""
    schedule: Sequence[int] | None
    """The fields of :class:`Scheduled`."""


class Glance:
    """Looks at what the runs of ``jobs`` look at; those without feeds are never told of.

    A job is told of exactly when a run would find its positions moved on, missing, lost or owing a rebuild. ``rules``
    names a small table that runs go by as well, ``scheduled`` the jobs whose rows in the schedule are of interest.
    """

    def __init__(
        self, jobs: Mapping[str, Iterable[Sighted]], *, rules: Name | None = None, scheduled: Collection[str] = ()
    ) -> None:
        self._rules = rules
        self._scheduled = tuple(scheduled)
        self._jobs = {name: tuple(feeds) for name, feeds in jobs.items()}
        self._costly = frozenset(name for name, feeds in self._jobs.items() if any(map(_is_costly, feeds)))
        self._asked: dict[frozenset[str], _Asked] = {}
        self._blind: frozenset[str] = frozenset()
        self._blind_looks = 0

    async def look(self, connection: AsyncConnection[Any], due: Collection[str] | None = None) -> Seen:
        """Return what is new. One statement, for an autocommit connection, that locks and writes nothing.

        What asks for itself costs as much as all others together, so jobs with such a feed are passed over unless they
        are ``due``; None: all are. Where a table is missing, broken or locked, the jobs that read it are told of, and
        the others as ever. Raises what has to do with no table, as an outage has.
        """
        self._blind_looks += 1
        if self._blind and self._blind_looks > BLIND_LOOKS_MAX:
            await self._find_blind(connection, self._blind)
        try:
            return await self._look(connection, due)
        except psycopg.Error as error:
            await self._note_blindness(connection, error, {RULES, *self._jobs})
        try:
            return await self._look(connection, due)
        except psycopg.Error as error:  # what each by itself does not meet
            await self._note_blindness(connection, error, ())
        return await self._look(connection, due)

    async def _look(self, connection: AsyncConnection[Any], due: Collection[str] | None) -> Seen:
        passed_over = self._costly - self._blind - (self._costly if due is None else set(due))
        seen = await self._all_but(passed_over | self._blind).ask(connection)
        return seen._replace(moved=seen.moved | (self._blind - {RULES}), passed_over=passed_over)

    def _all_but(self, names: frozenset[str]) -> "_Asked":
        """Return the statement for the others, which is kept."""
        if names not in self._asked:
            if len(self._asked) == STATEMENTS_MAX:
                self._asked.clear()
            others = {name: feeds for name, feeds in self._jobs.items() if name not in names}
            self._asked[names] = _Asked(others, None if RULES in names else self._rules, self._scheduled)
        return self._asked[names]

    async def _note_blindness(
        self, connection: AsyncConnection[Any], error: psycopg.Error, names: Collection[str]
    ) -> None:
        """Go on without those of ``names`` that cannot be asked about, or without all; an outage is raised again."""
        if not _is_of_a_table(error):
            raise error
        if names:
            await self._find_blind(connection, names)
        else:
            self._blind, self._blind_looks = frozenset({RULES, *self._jobs}), 0
        failure = failure_of(error)
        cure = failure.cure if failure else "`backbeat doctor` tells more."
        log.warning(
            "glance_is_blind",
            jobs=sorted(self._blind),
            code=failure.code if failure else None,
            error=failure.message if failure else first_line(error),
            cure=f"These jobs run on their cadence meanwhile, whether there is anything to do or not. {cure}",
        )

    async def _find_blind(self, connection: AsyncConnection[Any], names: Collection[str]) -> None:
        """Find out, by asking about each by itself, which of these cannot be asked about."""
        asked = {name: _Asked({name: self._jobs[name]}) for name in names if name != RULES}
        if RULES in names:
            asked[RULES] = _Asked({}, self._rules)
        self._blind = frozenset([name for name, each in asked.items() if not await each.is_heard(connection)])
        self._blind_looks = 0


def _is_of_a_table(error: psycopg.Error) -> bool:
    """Say whether an error may lie with what is read, rather than with the server or the way to it."""
    trouble = trouble_of(error)
    return trouble is None or not trouble.kind.of_server


def _is_costly(feed: Sighted) -> bool:
    return feed.sight().kind is Kind.OWN


def _schedule(names: Sequence[str]) -> Composed:
    values = {"names": Literal(list(names)), "at_tip": Literal(Phase.AT_TIP)}
    return compose(__package__, "glance_schedule.sql", **values)


class _Asked:
    """The statement for some jobs, made once."""

    def __init__(
        self, jobs: Mapping[str, Sequence[Sighted]], rules: Name | None = None, scheduled: Sequence[str] = ()
    ) -> None:
        self._names = tuple(jobs)
        self._reached = 0
        self._clocks: dict[Clock, str] = {}
        sights: dict[Kind, list[tuple[int, Sight]]] = {Kind.SWEEPS: []}  # at least one kind has to be asked about
        for place, feeds in enumerate(jobs.values()):
            for sight in (feed.sight() for feed in feeds):
                sights.setdefault(sight.kind, []).append((place, sight))
        alone = [*sights.pop(Kind.ENTRIES, []), *sights.pop(Kind.OWN, [])]
        apart = [self._apart(sight, place) for place, sight in alone]
        together = [SQL(self._together(kind, some)) for kind, some in sights.items()]
        self.statement = compose(
            __package__,
            "glance.sql",
            together=SQL("\nUNION ALL\n").join(together),
            apart=SQL("").join(SQL("\nUNION ALL\n") + each for each in apart),
            rules=compose(__package__, "glance_rules.sql", table=rules) if rules else SQL("NULL"),
            schedule=_schedule(scheduled) if scheduled else SQL("NULL"),
        ).as_bytes()

    async def ask(self, connection: AsyncConnection[Any], *, prepare: bool = True) -> Seen:
        """Return what is new."""
        values = {name: await clock(connection) for clock, name in self._clocks.items()}
        found = await one(connection, Found, self._as_planned_for(self._reached), values, prepare=prepare)
        self._reached = (found.block_number or 0) + (found.play_id or 0)
        moved = frozenset(self._names[place] for place in found.places)
        schedule = Scheduled(*found.schedule) if found.schedule else None
        return Seen(found.block_number, found.play_id, moved, found.is_requested, found.rules, schedule=schedule)

    def _as_planned_for(self, reached: int) -> bytes:
        """Return the statement with a mark that changes as the chain doubles.

        A session keeps the plan of a statement until the server hears of other statistics. One that was made for empty
        tables would read them whole, however large they have become since.
        """
        return b"%b\n-- for 2^%d" % (self.statement, reached.bit_length())

    async def is_heard(self, connection: AsyncConnection[Any]) -> bool:
        """Tell whether all that it asks for can be read now."""
        try:
            async with connection.transaction():
                await connection.execute(LIMITS)
                await self.ask(connection, prepare=False)
        except psycopg.Error as error:
            if not _is_of_a_table(error):
                raise
            return False
        return True

    def _together(self, kind: Kind, sights: Sequence[tuple[int, Sight]]) -> str:
        """Return the question about all feeds of a kind, each with the place of its job and the number of its probe."""
        probes = {(sight.probe, sight.clock): sight for _, sight in sights}
        numbers = {probe: number for number, probe in enumerate(probes, start=1)}
        asked = [SQL(self._told(probes[probe], number=number)) for probe, number in numbers.items()]
        return compose(
            __package__,
            TOGETHER[kind],
            places=Literal([place for place, _ in sights]),
            checkpoints=Literal([sight.checkpoint for _, sight in sights]),
            opens=Literal([sight.opens for _, sight in sights]),
            asked=Literal([sight.asked for _, sight in sights]),
            numbers=Literal([numbers[sight.probe, sight.clock] for _, sight in sights]),
            probes=SQL(", ").join(SQL("({})").format(probe) for probe in asked),
            end=Literal(END),
            **KEPT.get(kind, {}),
        ).as_string()

    def _apart(self, sight: Sight, place: int) -> Composed:
        """Return the question that a feed asks for itself."""
        probe = SQL(self._told(sight, place=place))
        return compose(__package__, "glance_own.sql", probe=probe, place=Literal(place))

    def _told(self, sight: Sight, *, place: int = 0, number: int = 0) -> str:
        """Return a probe with what only the whole statement can say."""
        told = sight.probe.replace("{place}", str(place)).replace("{after}", f"(edge.afters)[{number}]")
        return told.replace("{now}", self._time(sight.clock))

    def _time(self, clock: Clock | None) -> str:
        """Return what tells the time: the server, the chain, or a clock that is asked before each look."""
        if clock is None:
            return "reached.now"
        if clock is chain_time:
            return "reached.chain_at"
        return f"%({self._clocks.setdefault(clock, f'now_{len(self._clocks)}')})s::timestamptz"
