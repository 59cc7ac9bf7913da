"""Takes up a recording an hour of its chain at a time: its blocks first, then every job until nothing is left."""

from collections.abc import Sequence
from pathlib import Path

from backbeat.chain.recording import open_recording
from backbeat.clock import SystemClock
from backbeat.db.pool import open_lanes
from backbeat.index.loop import BlockLoop
from backbeat.index.snapshot.recorded import load_inferred
from backbeat.index.sources import followed_chain
from backbeat.jobs.catalog import catalog
from backbeat.jobs.runner import Runner
from backbeat.settings import Settings

HOUR_SECONDS = 3_600


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


async def take_up(url: str, settings: Settings, *, infer_snapshot: bool) -> int:
    """Index the recording that the settings name; return how often jobs ran."""
    recording, clock = Path(settings.chain.recording), SystemClock()
    heights = await last_of_hours(recording, settings.chain.txs_per_block)
    async with await open_lanes(url, settings.database) as lanes:
        if infer_snapshot:
            await load_inferred(recording, settings.chain.txs_per_block, lanes)
        for height in heights:
            await BlockLoop(followed_chain(settings, clock, stop_at=height), lanes, settings.index, clock).run()
            await Runner(lanes, catalog(settings), settings.jobs, clock).run_until_idle()
    return len(heights)
