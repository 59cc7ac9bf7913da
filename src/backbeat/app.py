"""Wires the parts: settings in, one running program out. Read this first."""

import asyncio
from collections.abc import Collection, Iterable
from contextlib import suppress
from enum import StrEnum
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import Any, Protocol

import msgspec
import structlog

from backbeat.api.operator import check_token
from backbeat.chain.decode import decode_signed
from backbeat.chain.model import Kind
from backbeat.chain.networks import NETWORKS
from backbeat.chain.node import NodeSettings, NodeSource
from backbeat.chain.recording import iter_transactions, open_recording
from backbeat.chain.signatures import Verifier
from backbeat.chain.simulator.source import SimulatorSource
from backbeat.chain.source import Source
from backbeat.chain.witness import Witness
from backbeat.clock import Clock
from backbeat.db.migrate import migrate, verify
from backbeat.db.outage import outlast, tolerated, wait_for
from backbeat.db.pool import Lanes, open_lanes
from backbeat.derived.aggregates.reconcile import SUBJECTS
from backbeat.derived.challenges.catalog import open_to_a_new_chain
from backbeat.derived.scores.verify import CHECKED
from backbeat.index.loop import BlockLoop
from backbeat.index.progress import Progress
from backbeat.index.reject import Code
from backbeat.index.snapshot.infer import Snapshot, infer
from backbeat.index.snapshot.load import Loaded, load_snapshot
from backbeat.index.summary import Summary, read_summary
from backbeat.index.watch import SourceWatch
from backbeat.index.wire.transaction import EntityRules
from backbeat.jobs.beginnings import as_chosen
from backbeat.jobs.catalog import catalog
from backbeat.jobs.runner import Runner
from backbeat.observe.metrics import Labels
from backbeat.observe.presence import Presence
from backbeat.settings import ChainSettings, Settings
from backbeat.web.server import WebServer
from backbeat.web.site import site

log = structlog.get_logger(__name__)

TELL_SECONDS = 0.5
DRAIN_SECONDS = 8.0  # Ctrl-C is answered within ten
CUT_SECONDS = 2.0  # what the cancelled rest gets on top, before it is cut off from the database
SUM_UP_SECONDS = 3.0


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


class Part(StrEnum):
    """What may run in a process of its own, or together with the others."""

    INDEX = "index"
    JOBS = "jobs"
    WEB = "web"


LABELS = Labels(
    kinds=tuple(Kind),
    reasons=tuple(Code),
    derivations=(*(checked.part.name for checked in CHECKED), *(subject.name for subject in SUBJECTS)),
)
LANES = {Part.INDEX: {"indexing", "control"}, Part.JOBS: {"control", "jobs"}, Part.WEB: {"status", "reads", "control"}}


def enabled(settings: Settings) -> frozenset[Part]:
    """Return the parts that one process for everything consists of."""
    chosen = {Part.INDEX: True, Part.JOBS: settings.jobs.enabled, Part.WEB: settings.web.enabled}
    return frozenset(part for part, wanted in chosen.items() if wanted)


async def up(
    url: str, settings: Settings, options: Options, watcher: Watcher, stop: asyncio.Event, clock: Clock
) -> Summary | None:
    """Bring the database to this version, then run everything that the settings enable, as :func:`run` does."""
    check_token(settings.web.token)
    seconds_max = settings.database.wait_seconds
    await wait_for(partial(migrate, url, clock=clock), clock, "migrate", seconds_max=seconds_max, stop=stop)
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
    seconds_max = settings.database.wait_seconds
    opening = partial(opened, url, settings, wanted)
    lanes = await wait_for(opening, clock, "open_database", seconds_max=seconds_max, stop=stop)
    if lanes is None:
        return None
    async with lanes:
        if options.infer_snapshot:
            await load_inferred(Path(settings.chain.recording), settings.chain.txs_per_block, lanes)
        parts = Parts(settings, wanted, options, lanes, clock)
        watcher.started({"page": parts.web.url} if parts.web else {})
        try:
            await parts.run(watcher, stop)
        except BaseExceptionGroup as group:
            await parts.leave()
            raise first_of(group) from group
        return await sum_up(lanes) if Part.INDEX in wanted else None


async def opened(url: str, settings: Settings, wanted: Collection[Part]) -> Lanes:
    """Return the parts' lanes over a database of this version, which all parts but the page need to write to."""
    names = set[str]().union(*(LANES[part] for part in wanted))
    lanes = await open_lanes(url, settings.database, names, needs_writes=set(wanted) != {Part.WEB})
    try:
        async with lanes.control.connection() as conn:
            await verify(conn)
            if Part.INDEX in wanted and settings.chain.source == "simulator":
                await open_to_a_new_chain(conn)
    except BaseException:
        await lanes.close()
        raise
    return lanes


async def sum_up(lanes: Lanes) -> Summary | None:
    """Return what the database holds now; None if it does not say soon."""
    with tolerated("summary_not_read"), suppress(TimeoutError):
        async with asyncio.timeout(SUM_UP_SECONDS), lanes.indexing.connection(SUM_UP_SECONDS) as conn:
            return await read_summary(conn)
    return None


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first failure inside nested groups: the one that made the others stop."""
    first = group.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first


class Parts:
    """The running parts: a block loop, a job runner, a web server, or some of them."""

    def __init__(
        self, settings: Settings, wanted: Collection[Part], options: Options, lanes: Lanes, clock: Clock
    ) -> None:
        self._clock = clock
        self._lanes = lanes
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self._loop = make_loop(settings, options, lanes, clock) if Part.INDEX in wanted else None
        jobs = as_chosen(catalog(settings.jobs), settings.challenges)
        self._runner = Runner(lanes, jobs, settings.jobs, clock) if Part.JOBS in wanted else None
        self.web: WebServer | None = None
        if Part.WEB in wanted:
            web = settings.web
            app = site(
                lanes,
                clock,
                web,
                jobs=settings.jobs,
                labels=LABELS,
                alive=self.alive,
            )
            self.web = WebServer(app, web.host, web.port)
            self.web.bind()

        self._presence = Presence(
            lanes.control, clock, wanted, lambda: str(self._loop.progress.phase) if self._loop else ""
        )

    def alive(self) -> dict[str, bool]:
        """Say of each part that was started whether it still runs; asks nobody."""
        alive = {name: not task.done() for name, task in self._tasks.items()}
        if self._loop and Part.INDEX in alive:
            alive[Part.INDEX] = alive[Part.INDEX] and self._loop.is_beating
        return alive | {"watchdog": self._lanes.are_watched}

    async def run(self, watcher: Watcher, stop: asyncio.Event) -> None:
        """Run until ``stop``, or until the block loop ends; then drain: blocks first, derived state, the page last.

        The drain is bounded: what still waits for the database ten seconds after ``stop`` is cut off from it.
        """
        async with asyncio.TaskGroup() as group:
            telling = group.create_task(self._tell(watcher))
            serving = group.create_task(self.web.serve()) if self.web else None
            jobs = group.create_task(self._runner.run()) if self._runner else None
            indexing = group.create_task(self._loop.run()) if self._loop else None
            present = group.create_task(self._presence.keep())
            started = {Part.WEB: serving, Part.JOBS: jobs, Part.INDEX: indexing, "presence": present}
            self._tasks = {name: task for name, task in started.items() if task}
            stopping = group.create_task(stop.wait())
            cutting = group.create_task(self._cut_off(stop))
            await first([indexing, stopping])
            if self._loop and indexing:
                self._loop.stop()
                await asyncio.wait({indexing}, timeout=DRAIN_SECONDS)
                indexing.cancel()
            if jobs:
                jobs.cancel()
            if self._runner and not stop.is_set():
                settling = group.create_task(outlast(self._runner.settle, self._clock, "settle"))
                await first([settling, stopping])
                settling.cancel()
                await asyncio.wait({settling})
            await asyncio.wait([task for task in (indexing, jobs) if task] or [stopping])
            for task in (telling, stopping, cutting, present):
                task.cancel()
            await self.leave()
            if self.web and serving:
                await self.web.close()
        if self._loop:
            watcher.progress(self._loop.progress)

    async def leave(self) -> None:
        """Take back that this process is there, when it ends."""
        await self._presence.leave()

    async def _cut_off(self, stop: asyncio.Event) -> None:
        await stop.wait()
        await self._clock.sleep(DRAIN_SECONDS + CUT_SECONDS)
        log.warning("drain_cut_short")
        self._lanes.cut()

    async def _tell(self, watcher: Watcher) -> None:
        while self._loop:
            watcher.progress(self._loop.progress)
            await self._clock.sleep(TELL_SECONDS)


async def first(tasks: Iterable[asyncio.Task[Any] | None]) -> None:
    """Wait until one of the tasks that there are has ended."""
    await asyncio.wait([task for task in tasks if task], return_when=asyncio.FIRST_COMPLETED)


def make_loop(settings: Settings, options: Options, lanes: Lanes, clock: Clock) -> BlockLoop:
    """Build the block loop over the chain source that the settings name."""
    source = make_source(settings, clock)
    return BlockLoop(
        source,
        lanes,
        settings=settings.index,
        rules=make_rules(settings.chain, verifier_of(source, settings)),
        verifier=Verifier(NETWORKS[settings.chain.network]),
        clock=clock,
        start_height=settings.chain.start_height,
        exit_at_tip=options.exit_at_tip,
        source_name=settings.chain.source,
        watch=make_watch(source, settings.chain, clock),
        check_hashes=settings.chain.check_hashes,
    )


def make_rules(chain: ChainSettings, verifier_address: str) -> EntityRules:
    """Return what the rules of entity transactions depend on."""
    return EntityRules(
        chain.verify_signatures,
        verifier_address.lower(),
        chain.refuse_replays,
        chain.replay_window_rows,
        chain.replay_window_days,
    )


def make_watch(source: Source, chain: ChainSettings, clock: Clock) -> SourceWatch:
    """Build what holds a source to the blocks that were indexed; a node is also held to making blocks."""
    if chain.source != "node":
        return SourceWatch(source, clock)
    if not chain.verifier_address:
        log.warning("no_verifier_address", cure="Set chain.verifier_address, or every User/Verify is refused.")
    witness = None
    if chain.witness_url:
        witness = Witness(chain.witness_url, chain.node_url, clock=clock, random=SystemRandom())
    return SourceWatch(source, clock, still_seconds_max=chain.still_seconds_max, witness=witness)


def verifier_of(source: Source, settings: Settings) -> str:
    """Return who may verify users: the simulated network has a verifier of its own, others have to be told."""
    return source.verifier_address if isinstance(source, SimulatorSource) else settings.chain.verifier_address


async def load_inferred(recording: Path, txs_per_block: int, lanes: Lanes, *, dry_run: bool = False) -> Loaded:
    """Infer what a recording takes for granted and load it into the database, once."""
    source = open_recording(recording, txs_per_block=txs_per_block)
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
    chain = settings.chain
    asked = NodeSettings(owed_seconds_max=chain.still_seconds_max)
    return NodeSource(chain.node_url, chain_id=chain.chain_id, settings=asked, clock=clock, random=SystemRandom())


def _simulator(settings: Settings, clock: Clock) -> Source:
    return SimulatorSource(settings.simulator, NETWORKS[settings.chain.network], clock, Path(settings.data_dir))


SOURCES = {"recording": _recording, "node": _node, "simulator": _simulator}
