"""Wires the parts: settings in, one running program out. Read this first."""

import asyncio
import socket
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from backbeat.api.operator import check_token
from backbeat.beside.frontier import foreign_chain, refuse_blocks
from backbeat.beside.service import FrontierService
from backbeat.chain.client import check_node
from backbeat.chain.model import Kind
from backbeat.clock import Clock
from backbeat.codes import LaneName, Part
from backbeat.db import address
from backbeat.db.migrate import migrate, verify
from backbeat.db.outage import wait_for
from backbeat.db.pool import Lanes, open_lanes
from backbeat.derived.aggregates.reconcile import ABSENT, SUBJECTS
from backbeat.derived.audits import AUDITS
from backbeat.derived.challenges.catalog import open_to_a_new_chain
from backbeat.derived.scores.verify import CHECKED
from backbeat.index.commits import REASONS
from backbeat.index.guard import WRITTEN_TABLES
from backbeat.index.held import refuse_to_simulate
from backbeat.index.loop import BlockLoop
from backbeat.index.reject import Code
from backbeat.index.snapshot.recorded import load_inferred
from backbeat.index.sources import chains_of, followed_chain
from backbeat.index.summary import Summary, sum_up
from backbeat.index.telling import Telling, Watcher
from backbeat.jobs.catalog import catalog
from backbeat.jobs.job import Job
from backbeat.jobs.runner import Runner
from backbeat.jobs.settling import SettlingRunner
from backbeat.observe.metrics import Labels
from backbeat.observe.presence import Presence
from backbeat.observe.row_notices import RowNotices
from backbeat.outgoing.client import proxy_of
from backbeat.service import Service, until
from backbeat.settings import Settings
from backbeat.supervisor import Supervisor
from backbeat.web.server import WebServer, listen
from backbeat.web.site import site


class Options(msgspec.Struct, frozen=True):
    """What one run is asked beyond its settings."""

    exit_at_tip: bool = False
    infer_snapshot: bool = False
    stop_at: int | None = None
    port: socket.socket | None = None  # of the page, where it was taken before all else

    @property
    def exits(self) -> bool:
        """Whether the run ends by itself, once derived state is settled."""
        return self.exit_at_tip or self.stop_at is not None


LABELS = Labels(
    kinds=tuple(Kind),
    reasons=tuple(Code),
    derivations=tuple(
        dict.fromkeys(
            [
                *[each.part.name for each in CHECKED],
                *[each.name for each in SUBJECTS],
                *[each.name for each in ABSENT],
                *[each.name for each in AUDITS],
            ]
        )
    ),
    commit_failures=REASONS,
)
LANES: Final[Mapping[str, frozenset[str]]] = {
    Part.INDEX: frozenset({LaneName.INDEXING, LaneName.CONTROL}),
    Part.JOBS: frozenset({LaneName.CONTROL, LaneName.JOBS}),
    Part.WEB: frozenset({LaneName.STATUS, LaneName.READS, LaneName.CONTROL}),
}
"""Whose connections each part works on."""


def enabled(settings: Settings) -> frozenset[Part]:
    """Return the parts that one process for everything consists of."""
    chosen = {Part.INDEX: True, Part.JOBS: settings.jobs.enabled, Part.WEB: settings.web.enabled}
    return frozenset(part for part, wanted in chosen.items() if wanted)


def check(settings: Settings) -> None:
    """Raise ConfigError for settings that cannot work, whichever parts run; nothing is asked and nothing begun."""
    check_token(settings.web.token)
    catalog(settings)
    if settings.database.url:
        address.parse(settings.database.url)
    chain = settings.chain
    nodes = {"chain.node_url": chain.node_url, "chain.witness_url": chain.witness_url}
    nodes |= {f"chain.node_url_of.{name}": url for name, url in chain.node_url_of.items()}
    for name, url in nodes.items():
        if url:
            check_node(url, name)
    if settings.outgoing.proxy:
        proxy_of(settings.outgoing.proxy)
    chains_of(settings)


async def up(
    url: str, settings: Settings, options: Options, watcher: Watcher, stop: asyncio.Event, clock: Clock
) -> Summary | None:
    """Bring the database to this version, then run everything that the settings enable, as :func:`run` does."""
    check(settings)
    seconds_max = settings.database.wait_seconds
    migrating = partial(migrate, url, clock=clock, network_tables=settings.database.network_tables)
    await wait_for(migrating, clock, "migrate", seconds_max=seconds_max, stop=stop)
    return await run(url, settings, enabled(settings), options, watcher, stop, clock)


async def run(
    url: str,
    settings: Settings,
    wanted: Collection[Part],
    options: Options,
    watcher: Watcher,
    stop: asyncio.Event,
    clock: Clock,
) -> Summary | None:
    """Run the parts until ``stop`` is set, or the tip if asked so; drain, and sum up what was indexed.

    A database that is not there yet is waited for, as long as the settings say. It must be of this version: raises
    DatabaseError if not, and the BackbeatError of the first part that fails; the others are stopped.
    """
    check(settings)
    jobs = catalog(settings)
    seconds_max = settings.database.wait_seconds
    opening = partial(opened, url, settings, wanted)
    lanes = await wait_for(opening, clock, "open_database", seconds_max=seconds_max, stop=stop)
    if lanes is None:
        return None
    async with lanes:
        if options.infer_snapshot:
            recorded = load_inferred(Path(settings.chain.recording), settings.chain.txs_per_block, lanes)
            if await until(recorded, stop) is None:
                return None
        async with lanes.control.connection() as connection:
            is_beside = await foreign_chain(connection) is not None
        parts = Parts(settings, wanted, options, lanes, clock, jobs, is_beside=is_beside)
        watcher.started({"page": parts.page.url} if parts.page else {})
        await parts.supervisor.run(parts.services(watcher, stop), stop)
        if parts.loop is None:
            return None
        watcher.progress(parts.loop.progress)
        summary = await sum_up(lanes.indexing)
        if summary is not None and parts.settling is not None:
            summary.unsettled_jobs = tuple(parts.settling.unsettled)
        return summary


async def opened(url: str, settings: Settings, wanted: Collection[Part]) -> Lanes:
    """Return the parts' lanes over a database of this version, which all parts but the page need to write to."""
    names = frozenset[str]().union(*(LANES[part] for part in wanted))
    lanes = await open_lanes(url, settings.database, names, needs_writes=set(wanted) != {Part.WEB})
    try:
        async with lanes.control.connection() as connection:
            await verify(connection)
            if Part.INDEX in wanted:
                await refuse_blocks(connection)
            if Part.INDEX in wanted and settings.chain.source == "simulator":
                await refuse_to_simulate(connection, chains_of(settings))
                await open_to_a_new_chain(connection)
    except BaseException:
        await lanes.close()
        raise
    return lanes


class Parts:
    """What one process consists of: a block loop, a job runner, a page, or some of them, and what tells of them.

    ``is_beside``: another indexer writes the blocks, so a frontier that follows it stands in for the block loop.
    """

    def __init__(
        self,
        settings: Settings,
        wanted: Collection[Part],
        options: Options,
        lanes: Lanes,
        clock: Clock,
        jobs: Sequence[Job],
        *,
        is_beside: bool,
    ) -> None:
        self._settings = settings
        self._catalog = jobs
        self._wanted = wanted
        self._tells_rows = Part.JOBS in wanted and settings.jobs.row_notices
        self._options = options
        self._lanes = lanes
        self._clock = clock
        self.supervisor = Supervisor(clock, lanes.cut, optional={Part.WEB})
        self.loop: BlockLoop | None = None
        self.page: WebServer | None = None
        self._committed = asyncio.Event()  # the block loop, or the frontier, tells the jobs of each commit
        self._is_beside = is_beside
        self.settling: SettlingRunner | None = None
        if Part.INDEX in wanted:
            chain = followed_chain(settings, clock, exit_at_tip=options.exit_at_tip, stop_at=options.stop_at)
            self.loop = BlockLoop(chain, lanes, settings.index, clock, committed=self._committed)
        if Part.WEB in wanted:
            self.page = make_page(settings, lanes, clock, self.alive, options.port)

    def services(self, watcher: Watcher, stop: asyncio.Event) -> list[Service]:
        """Return the services as they drain: blocks first, then derived state, what tells of them, the page last."""
        lanes, clock, loop = self._lanes, self._clock, self.loop
        listed: list[Service | None] = [
            loop,
            self._frontier() if self._is_beside and Part.JOBS in self._wanted else None,
            self._jobs(stop) if Part.JOBS in self._wanted else None,
            Telling(watcher, loop.progress, clock) if loop else None,
            RowNotices(lanes.control, clock) if self._tells_rows else None,
            Presence(lanes.control, clock, self._wanted, lambda: loop.progress.phase if loop else ""),
            self.page,
        ]
        return [service for service in listed if service is not None]

    def _frontier(self) -> Service:
        return FrontierService(
            self._lanes,
            self._clock,
            blocks_behind=self._settings.jobs.blocks_behind,
            lease_seconds=self._settings.index.lease_seconds,
            moved=self._committed,
        )

    def _jobs(self, stop: asyncio.Event) -> Service:
        committed = self._committed if self.loop or self._is_beside else None
        runner = Runner(self._lanes, self._catalog, self._settings.jobs, self._clock, committed=committed)
        if not self._options.exits:
            return runner
        self.settling = SettlingRunner(runner, stop, self._clock)
        return self.settling

    def alive(self) -> dict[str, bool]:
        """Say of each part that was started whether it still runs."""
        alive = self.supervisor.alive()
        alive.pop(Telling.name, None)
        if self.loop and Part.INDEX in alive:
            alive[Part.INDEX] = alive[Part.INDEX] and self.loop.is_beating
        return alive | {"watchdog": self._lanes.are_watched}


@contextmanager
def taken_port(settings: Settings) -> Iterator[socket.socket | None]:
    """Hold the page's port, so that one that is in use ends the program before it begins; None without a page."""
    if not settings.web.enabled:
        yield None
        return
    with listen(settings.web.host, settings.web.port) as port:
        yield port


def make_page(
    settings: Settings,
    lanes: Lanes,
    clock: Clock,
    alive: Callable[[], Mapping[str, bool]],
    port: socket.socket | None = None,
) -> WebServer:
    """Return the page's server, on ``port`` or one that it has taken."""
    web = settings.web
    app = site(lanes, clock, web, jobs=settings.jobs, labels=LABELS, alive=alive, tables=WRITTEN_TABLES)
    page = WebServer(app, web.host, web.port)
    page.bind(port)
    return page
