"""Takes up a recording an hour of its chain at a time: its blocks first, then the jobs that have anything to do.

One look at the feeds tells which have, as it tells the worker. Here jobs run one after another on one session, without
claims: two rounds of claimed runs of all jobs took a second an hour, nine tenths of it for the claims.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection

from backbeat.chain.recording import open_recording
from backbeat.clock import SystemClock
from backbeat.db.pool import open_lanes
from backbeat.incremental.glance import Glance
from backbeat.index.loop import BlockLoop
from backbeat.index.snapshot.recorded import load_inferred
from backbeat.index.sources import followed_chain
from backbeat.jobs.catalog import catalog
from backbeat.jobs.job import Job
from backbeat.jobs.runner import Runner
from backbeat.settings import Settings
from bench.synthetic.settle import until_quiet

HOUR_SECONDS = 3_600
LOOKS_MAX = 20  # what reads what is five jobs deep


async def last_of_hours(recording: Path, txs_per_block: int) -> Sequence[int]:
    """Return the heights of the last blocks of all hours in which there are any."""
    source = open_recording(recording, txs_per_block=txs_per_block)
    await source.open()
    try:
        hours: dict[int, int] = {}
        async for block in source.blocks(0):
            hours[block.timestamp.seconds // HOUR_SECONDS] = block.height
    finally:
        await source.close()
    return list(hours.values())


async def take_up(url: str, settings: Settings, *, infer_snapshot: bool, upto: int | None = None) -> int:
    """Index the recording that the settings name, ``upto`` a height; return how often jobs ran."""
    recording, clock, jobs = Path(settings.chain.recording), SystemClock(), catalog(settings)
    heights = await last_of_hours(recording, settings.chain.txs_per_block)
    if upto is not None:
        heights = [*(height for height in heights if height < upto), upto]
    glance = Glance({job.name: job.feeds for job in jobs if job.feeds})
    async with await open_lanes(url, settings.database) as lanes:
        if infer_snapshot:
            await load_inferred(recording, settings.chain.txs_per_block, lanes)
        for height in heights:
            await BlockLoop(followed_chain(settings, clock, stop_at=height), lanes, settings.index, clock).run()
            async with lanes.jobs.connection() as connection:
                await _work(jobs, glance, connection)
        await Runner(lanes, jobs, settings.jobs, clock).run_until_idle()
    return len(heights)


async def _work(jobs: Sequence[Job], glance: Glance, connection: AsyncConnection[Any]) -> None:
    """Run once what no feed tells of, and what feeds tell of until nothing of it finds any work."""
    asked = {job.name for job in jobs if not job.feeds or job.goes_by_more}
    due: AbstractSet[str] = frozenset()
    for _ in range(LOOKS_MAX):
        due = (await glance.look(connection)).moved | asked
        reports = [await until_quiet(job.run, connection) for job in jobs if job.name in due]
        if all(report.is_quiet for report in reports):
            return
        asked = set()
    raise RuntimeError(f"there is work after each of {LOOKS_MAX} looks: {sorted(due)}")
