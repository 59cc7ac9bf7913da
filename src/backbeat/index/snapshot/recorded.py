"""Infers what a recording takes for granted, and loads it."""

import asyncio
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path
from threading import Event

from backbeat.chain.decode import decode_signed
from backbeat.chain.recording import iter_transactions, open_recording
from backbeat.db.pool import Lanes
from backbeat.how_far import Tell, tell_nobody
from backbeat.index.snapshot.infer import Snapshot, infer
from backbeat.index.snapshot.load import LoadedSnapshot, load_snapshot


async def load_inferred(
    recording: Path, txs_per_block: int, lanes: Lanes, *, dry_run: bool = False, tell: Tell = tell_nobody
) -> LoadedSnapshot:
    """Infer what a recording takes for granted and load it into the database, once; cancelled, it writes nothing.

    ``tell`` is called with how many bytes of it are read.
    """
    source = open_recording(recording, txs_per_block=txs_per_block)
    await source.open()
    chain_id = source.chain_id
    await source.close()
    given_up = Event()
    try:
        snapshot = await asyncio.to_thread(infer_recorded, recording, given_up.is_set, tell)
    except asyncio.CancelledError:
        given_up.set()  # a thread is not cancelled, and the end of the program waits for it
        raise
    async with lanes.indexing.connection() as connection:
        return await load_snapshot(connection, snapshot, chain_id, dry_run=dry_run)


def infer_recorded(recording: Path, given_up: Callable[[], bool] = lambda: False, tell: Tell = tell_nobody) -> Snapshot:
    """Read a whole recording for what must have existed before it, or as much as there is time for until given up."""
    read = takewhile(lambda _: not given_up(), iter_transactions(recording, tell))
    return infer(decode_signed(signed, None) for signed in read)
