"""A pass of a repair: who is due, asking content nodes about them, writing what they know.

No connection of the database is held while nodes are asked. What they told is written in pieces, each a transaction of
its own, where it is still missing by then. A pass is bounded by tracks, requests at once, nodes and seconds. Every
track that was asked about in vain waits for its next attempt, for whatever reason it was in vain: even if all that are
due hang on every node, the older ones come to their turn.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from random import Random, SystemRandom
from typing import Any, Final, Generic, LiteralString, TypeVar

import msgspec
import structlog
from psycopg import AsyncConnection

from backbeat.clock import Clock, SystemClock
from backbeat.db.query import every
from backbeat.derived.repairs.nodes import CONCURRENT_MAX, LIMITS, NODES_MAX, Nodes, addresses
from backbeat.derived.repairs.queue import Held, Settled, Waiting, due, settle
from backbeat.errors import OutgoingError
from backbeat.incremental.derivation import Derivation
from backbeat.incremental.due import Now
from backbeat.incremental.merge import LOCK_TIMEOUT
from backbeat.incremental.report import AuditReport, RunReport
from backbeat.incremental.transaction import Lend, Session, fenced, lend_always
from backbeat.outgoing.client import Client

log = structlog.get_logger(__name__)

TRACKS_MAX: Final = 1_000  # of a pass (domain: derived state, 4.12)
PIECE_TRACKS_MAX: Final = 100  # of a transaction: a block waits some milliseconds for it at most
PASS_SECONDS: Final = 60.0  # of asking; a track that is under way then may take another 25

A = TypeVar("A")


class Kind(msgspec.Struct, Generic[A], frozen=True, kw_only=True):
    """What a repair asks for, and how that is written."""

    name: LiteralString
    """Names it in the table of who waits."""

    nodes_min: int
    """Of fewer nodes nothing is asked."""

    path: Callable[[Waiting], str | None]
    """Where nodes know of a track; None: there is nothing to ask for."""

    ask: Callable[[Nodes, str, Waiting], Awaitable[A | None]]
    """Asks nodes about a track; None: they do not know."""

    nothing: A
    """What is written of a track that they do not know."""

    columns: Callable[[Sequence[A]], Mapping[str, Sequence[Any]]]
    """Turns answers into what ``write`` binds beside ``track_ids`` and ``subjects``."""

    write: LiteralString
    """Writes answers to tracks, and answers Held."""


class Told(msgspec.Struct, Generic[A], frozen=True):
    """What nodes told of a track."""

    track: Waiting
    answer: A


class Repair(Generic[A]):
    """Keeps the queue of a repair, and asks ``content_nodes`` about the tracks in it, unless they are too few.

    ``random`` chooses the nodes of each pass, ``clock`` measures how long they take. Whose turn it is goes by ``now``,
    None: by the database's clock. Raises OutgoingError if no node was heard.
    """

    feeds = ()  # tracks come to their turn, whatever changed

    def __init__(
        self,
        kind: Kind[A],
        queue: Derivation,
        content_nodes: Iterable[str] = (),
        *,
        clock: Clock | None = None,
        now: Now | None = None,
        random: Random | None = None,
        proxy: str = "",
    ) -> None:
        self.name = queue.name
        self.target = queue.target
        self.queue = queue
        self._kind = kind
        self._content_nodes = addresses(content_nodes)
        self._clock = clock or SystemClock()
        self._now = now
        self._random = random or SystemRandom()
        self._proxy = proxy

    def asking(self, content_nodes: Iterable[str], proxy: str = "") -> "Repair[A]":
        """Return the repair that asks these nodes, through the proxy if one is given."""
        return Repair(
            self._kind,
            self.queue,
            content_nodes,
            clock=self._clock,
            now=self._now,
            random=self._random,
            proxy=proxy,
        )

    @property
    def can_ask(self) -> bool:
        """There are as many nodes as it takes."""
        return len(self._content_nodes) >= self._kind.nodes_min

    async def run(self, lend: Lend) -> RunReport:
        """Follow what became of tracks; once that is done, ask about those that are due."""
        async with lend() as session:
            report = await self.queue.incremental(session)
            if report.more or not self.can_ask:
                return report
            now = await self._time(session.connection)
            waiting = await due(session.connection, self._kind.name, now, TRACKS_MAX)
        return report.then(await self._ask_about(waiting, lend)) if waiting else report

    async def incremental(self, session: Session) -> RunReport:
        """Do the same with a session that is there anyway."""
        return await self.run(lend_always(session))

    async def rebuild(self, session: Session) -> RunReport:
        """Recompute which tracks are in the queue; how long those that stay have to wait remains."""
        return await self.queue.rebuild(session)

    async def audit(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Compare the queue with the tracks that belong into it."""
        return await self.queue.audit(connection)

    async def difference(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Tell what a rebuild of the queue would change."""
        return await self.queue.difference(connection)

    async def _ask_about(self, waiting: Sequence[Waiting], lend: Lend) -> RunReport:
        chosen = self._random.sample(self._content_nodes, min(NODES_MAX, len(self._content_nodes)))
        closes_at = self._clock.monotonic() + PASS_SECONDS
        report = RunReport(name=self.name)
        async with Client(self._clock, LIMITS, proxy=self._proxy) as client:
            nodes = Nodes(client, chosen, self._clock, closes_at)
            for piece in _pieces(waiting):
                told = await self._ask_piece(nodes, piece)
                if not told:
                    break
                report = report.then(await self._write(told, lend))
        log.info("tracks_asked_about", job=self.name, due=len(waiting), asked=report.keys, written=report.inserted)
        if nodes.problem is not None and not nodes.were_heard:
            raise _unheard(len(chosen), nodes.problem)
        return report

    async def _ask_piece(self, nodes: Nodes, piece: Sequence[Waiting]) -> list[Told[A]]:
        """Ask about some tracks at once, and return those that were asked about."""
        places = asyncio.Semaphore(CONCURRENT_MAX)

        async def ask(track: Waiting) -> Told[A] | None:
            path = self._kind.path(track)
            if path is None:
                return Told(track, self._kind.nothing)
            async with places:
                if len(nodes.left) < self._kind.nodes_min:
                    return None
                answer = await self._kind.ask(nodes, path, track)
            return Told(track, self._kind.nothing if answer is None else answer)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(ask(track)) for track in piece]
        return [told for task in tasks if (told := task.result()) is not None]

    async def _write(self, told: Sequence[Told[A]], lend: Lend) -> RunReport:
        """Write what was told in one transaction; a track that another session has locked is left for the next pass."""
        values = {
            "track_ids": [each.track.track_id for each in told],
            "subjects": [each.track.subject for each in told],
            **self._kind.columns([each.answer for each in told]),
        }
        async with lend() as session, fenced(session):
            await session.connection.execute(LOCK_TIMEOUT)
            held = {row.track_id: row for row in await every(session.connection, Held, self._kind.write, values)}
            settled = await self._settle(session.connection, told, held)
        return RunReport(
            name=self.name,
            keys=len(told),
            rows_read=len(told),
            updated=sum(row.is_written for row in held.values()) + settled.postponed,
            deleted=settled.settled,
        )

    async def _settle(
        self, connection: AsyncConnection[Any], told: Sequence[Told[A]], held: Mapping[int, Held]
    ) -> Settled:
        asked = [(each.track, held[each.track.track_id].is_lacking) for each in told if each.track.track_id in held]
        return await settle(connection, self._kind.name, await self._time(connection), asked)

    async def _time(self, connection: AsyncConnection[Any]) -> datetime | None:
        return await self._now(connection) if self._now else None


def _pieces(waiting: Sequence[Waiting]) -> Iterator[Sequence[Waiting]]:
    return (waiting[first : first + PIECE_TRACKS_MAX] for first in range(0, len(waiting), PIECE_TRACKS_MAX))


def _unheard(asked: int, problem: OutgoingError) -> OutgoingError:
    return OutgoingError(
        "content_nodes_unheard",
        f"None of {asked} content nodes that were asked about tracks gave an answer that can be used, one of them for "
        f"this reason: {problem.message}",
        cure="See with `backbeat doctor` which of jobs.content_nodes answer, and correct that setting.",
    )
