"""The service that keeps the frontier in place of the block loop, under its lease, where another program writes."""

import asyncio
from collections import deque
from datetime import datetime
from typing import Final, NamedTuple

import structlog

from backbeat.beside.frontier import Frontier, Stood
from backbeat.clock import Clock
from backbeat.codes import Phase
from backbeat.db.outage import log_if_unreachable, retry_while_unreachable
from backbeat.db.pool import Lanes
from backbeat.db.sql import load
from backbeat.errors import LeaseLostError
from backbeat.incremental.transaction import Session, checked_by
from backbeat.index.heartbeat import HEARTBEAT_SECONDS, Beat, leave
from backbeat.index.lease import Lease
from backbeat.index.progress import RATE_WINDOW_SECONDS
from backbeat.index.stopping import unless_stopped
from backbeat.index.watch import SourceReport
from backbeat.service import until

REPORT = load(__package__, "report.sql")

SOURCE: Final = "another indexer"
WAITING_SECONDS = 0.05  # between two looks whether writers have ended: their transactions take milliseconds
PAUSE_SECONDS = 0.25  # between two looks for new blocks, as workers look for blocks of the loop

log = structlog.get_logger(__name__)


class _Sample(NamedTuple):
    at: float
    height: int
    play_id: int


class FrontierService:
    """Moves the cursor behind what another indexer commits, while this process holds the lease.

    ``moved`` is set with each move. ``blocks_behind`` as :class:`backbeat.beside.frontier.Frontier` takes it.
    """

    name = "frontier"

    def __init__(
        self, lanes: Lanes, clock: Clock, *, blocks_behind: int, lease_seconds: float, moved: asyncio.Event
    ) -> None:
        self._lanes = lanes
        self._clock = clock
        self._blocks_behind = blocks_behind
        self._lease_seconds = lease_seconds
        self._moved = moved
        self._stop = asyncio.Event()
        self._started_at = clock.now()
        self._samples: deque[_Sample] = deque()
        self._told: tuple[str, datetime | None] = ("", None)
        self._beaten_at: float | None = None

    def drain(self) -> None:
        """End after the step in hand."""
        self._stop.set()

    async def run(self) -> None:
        """Keep the frontier until drained; whenever the lease is lost, wait for it again.

        Raises UnfitDatabaseError where the other indexer does not go on from where it was.
        """
        while not self._stop.is_set():
            lease = Lease(self._lanes.control, "index", self._lease_seconds, self._clock)
            if not await unless_stopped(self._stop, lease.acquire()):
                return
            async with lease.kept():
                try:
                    await self._follow(lease)
                except LeaseLostError as lost:
                    log.warning("frontier_handed_over", error=str(lost))

    async def _follow(self, lease: Lease) -> None:
        frontier = Frontier(blocks_behind=self._blocks_behind)
        while not self._stop.is_set():
            stood = await unless_stopped(self._stop, self._step(frontier, lease), lease)
            if stood is None:
                break
            if stood.has_moved:
                self._moved.set()
            await self._tell(stood)
            pause = WAITING_SECONDS if stood.waits_for else 0.0 if stood.has_moved else PAUSE_SECONDS
            await until(self._clock.sleep(pause), self._stop, lease.lost)
        await self._beat(Phase.STOPPED, None)

    async def _step(self, frontier: Frontier, lease: Lease) -> Stood:
        async def work() -> Stood:
            async with self._lanes.jobs.connection() as connection:
                return await frontier.step(Session(connection, checked_by(lease.fence)))

        return await retry_while_unreachable(work, self._clock, "move_frontier")

    async def _tell(self, stood: Stood) -> None:
        """Report at most once a second how far it is, and for whom it waits."""
        now = self._clock.monotonic()
        look = stood.look
        height, play_id = (look.height, look.play_id) if stood.has_moved else (look.from_height, look.from_play)
        self._samples.append(_Sample(now, height, play_id))
        while len(self._samples) > 1 and self._samples[0].at < now - RATE_WINDOW_SECONDS:
            self._samples.popleft()
        if self._beaten_at is not None and now - self._beaten_at < HEARTBEAT_SECONDS:
            return
        self._beaten_at = now
        lag = max((look.head_height or 0) - self._blocks_behind - height, 0)
        await self._beat(Phase.AT_TIP if lag <= 1 else Phase.CATCHING_UP, stood)

    async def _beat(self, phase: Phase, stood: Stood | None) -> None:
        first, last = (self._samples[0], self._samples[-1]) if self._samples else (_Sample(0, 0, 0), _Sample(0, 0, 0))
        seconds = max(last.at - first.at, HEARTBEAT_SECONDS)
        height = stood.look.head_height if stood else None
        beat = Beat(
            phase=phase,
            source=SOURCE,
            head_height=height,
            head_chain_id=stood.look.chain_id if stood else None,
            started_at=self._started_at,
            blocks_per_second=(last.height - first.height) / seconds,
            transactions_per_second=0.0,
            plays_per_second=(last.play_id - first.play_id) / seconds,
            of_source=SourceReport(height),
        )
        with log_if_unreachable("frontier_report_failed"):
            async with self._lanes.control.connection() as connection:
                await leave(connection, beat)
                await connection.execute(REPORT, self._waits(stood))

    def _waits(self, stood: Stood | None) -> dict[str, object]:
        waits_for = stood.told if stood else ""
        if waits_for != self._told[0]:
            self._told = waits_for, self._clock.now() if waits_for else None
        return {"waits_for": self._told[0], "waits_since": self._told[1]}
