"""Infers what a recording takes for granted, and loads it."""

import asyncio
from pathlib import Path

from backbeat.chain.decode import decode_signed
from backbeat.chain.recording import iter_transactions, open_recording
from backbeat.db.pool import Lanes
from backbeat.index.snapshot.infer import Snapshot, infer
from backbeat.index.snapshot.load import LoadedSnapshot, load_snapshot


async def load_inferred(recording: Path, txs_per_block: int, lanes: Lanes, *, dry_run: bool = False) -> LoadedSnapshot:
    """Infer what a recording takes for granted and load it into the database, once."""
    source = open_recording(recording, txs_per_block=txs_per_block)
    await source.open()
    chain_id = source.chain_id
    await source.close()
    snapshot = await asyncio.to_thread(infer_recorded, recording)
    async with lanes.indexing.connection() as connection:
        return await load_snapshot(connection, snapshot, chain_id, dry_run=dry_run)


def infer_recorded(recording: Path) -> Snapshot:
    """Read a whole recording for what must have existed before it."""
    return infer(decode_signed(signed, None) for signed in iter_transactions(recording))
