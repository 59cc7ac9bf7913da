"""Wires the parts: settings in, one running program out. Read this first."""

import asyncio
from pathlib import Path
from random import SystemRandom
from typing import Protocol

import msgspec
import structlog

from backbeat.chain.decode import decode_signed
from backbeat.chain.networks import NETWORKS
from backbeat.chain.node import NodeSource
from backbeat.chain.recording import iter_transactions, open_recording
from backbeat.chain.signatures import Verifier
from backbeat.chain.simulator.source import SimulatorSource
from backbeat.chain.source import Source
from backbeat.clock import Clock
from backbeat.db.migrate import migrate
from backbeat.db.pool import Lanes, open_lanes
from backbeat.index.entities.transaction import EntityRules
from backbeat.index.loop import BlockLoop
from backbeat.index.progress import Progress
from backbeat.index.snapshot.infer import Snapshot, infer
from backbeat.index.snapshot.load import Loaded, load_snapshot
from backbeat.index.summary import Summary, read_summary
from backbeat.jobs.catalog import catalog
from backbeat.jobs.runner import Runner
from backbeat.settings import Settings
from backbeat.web.server import WebServer
from backbeat.web.site import site

log = structlog.get_logger(__name__)

TELL_SECONDS = 0.5
DRAIN_SECONDS = 8.0  # Ctrl-C is answered within ten


class Watcher(Protocol):
    """Whoever follows the run: a terminal, a log."""

    def started(self, urls: dict[str, str]) -> None:
        """Hear what was started and where it is reached."""
        ...

    def progress(self, progress: Progress) -> None:
        """Hear about twice a second how far the indexer is."""
        ...


class Options(msgspec.Struct, frozen=True):
    """What one run is asked beyond its settings."""

    exit_at_tip: bool = False
    infer_snapshot: bool = False


async def run(
    url: str, settings: Settings, options: Options, watcher: Watcher, stop: asyncio.Event, clock: Clock
) -> Summary:
    """Run everything that the settings enable until ``stop`` is set, or the tip if asked so; drain, and sum up.

    Raises the BackbeatError of the first part that fails; the others are stopped.
    """
    await migrate(url, clock=clock)
    async with await open_lanes(url, settings.database) as lanes:
        if options.infer_snapshot:
            await load_inferred(Path(settings.chain.recording), lanes)
        parts = Parts(settings, options, lanes, clock)
        watcher.started({"page": parts.web.url} if parts.web else {})
        try:
            await parts.run(watcher, stop)
        except BaseExceptionGroup as group:
            raise first_of(group) from group
        async with lanes.reads.connection() as conn:
            return await read_summary(conn)


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first failure inside nested groups: the one that made the others stop."""
    first = group.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first


class Parts:
    """The running parts: one block loop, one job runner, one web server."""

    def __init__(self, settings: Settings, options: Options, lanes: Lanes, clock: Clock) -> None:
        self._clock = clock
        self._loop = BlockLoop(
            make_source(settings, clock),
            lanes,
            settings=settings.index,
            rules=EntityRules(settings.chain.verify_signatures, settings.chain.verifier_address.lower()),
            verifier=Verifier(NETWORKS[settings.chain.network]),
            clock=clock,
            start_height=settings.chain.start_height,
            exit_at_tip=options.exit_at_tip,
            source_name=settings.chain.source,
        )
        self._runner = Runner(lanes, catalog(settings.jobs), settings.jobs, clock) if settings.jobs.enabled else None
        self.web: WebServer | None = None
        if settings.web.enabled:
            app = site(lanes.reads, clock, token=settings.web.token, jobs=settings.jobs)
            self.web = WebServer(app, settings.web.host, settings.web.port)
            self.web.bind()

    async def run(self, watcher: Watcher, stop: asyncio.Event) -> None:
        """Run until ``stop``, or until the block loop ends; then drain: blocks first, derived state, the page last."""
        async with asyncio.TaskGroup() as group:
            telling = group.create_task(self._tell(watcher))
            serving = group.create_task(self.web.serve()) if self.web else None
            jobs = group.create_task(self._runner.run()) if self._runner else None
            indexing = group.create_task(self._loop.run())
            stopping = group.create_task(stop.wait())
            await asyncio.wait({indexing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            self._loop.stop()
            await asyncio.wait({indexing}, timeout=DRAIN_SECONDS)
            for task in (indexing, stopping, telling, jobs):
                if task:
                    task.cancel()
            if self._runner and not stop.is_set():
                await self._runner.settle()
            if self.web and serving:
                await self.web.close()
        watcher.progress(self._loop.progress)

    async def _tell(self, watcher: Watcher) -> None:
        while True:
            watcher.progress(self._loop.progress)
            await self._clock.sleep(TELL_SECONDS)


async def load_inferred(recording: Path, lanes: Lanes, *, dry_run: bool = False) -> Loaded:
    """Infer what a recording takes for granted and load it into the database, once."""
    source = open_recording(recording)
    await source.open()
    chain_id = source.chain_id
    await source.close()
    snapshot = await asyncio.to_thread(infer_from, recording)
    async with lanes.indexing.connection() as conn:
        return await load_snapshot(conn, snapshot, chain_id, dry_run=dry_run)


def infer_from(recording: Path) -> Snapshot:
    """Read a whole recording for what must have existed before it."""
    return infer(decode_signed(signed, None) for signed in iter_transactions(recording))


def make_source(settings: Settings, clock: Clock) -> Source:
    """Build the chain source that the settings name."""
    return SOURCES[settings.chain.source](settings, clock)


def _recording(settings: Settings, _clock: Clock) -> Source:
    return open_recording(Path(settings.chain.recording), txs_per_block=settings.chain.txs_per_block)


def _node(settings: Settings, clock: Clock) -> Source:
    return NodeSource(settings.chain.node_url, chain_id=settings.chain.chain_id, clock=clock, random=SystemRandom())


def _simulator(settings: Settings, clock: Clock) -> Source:
    return SimulatorSource(settings.simulator, NETWORKS[settings.chain.network], clock, Path(settings.data_dir))


SOURCES = {"recording": _recording, "node": _node, "simulator": _simulator}
