"""Writes what a batch came to: set-based statements, inside the one transaction that also moves the cursor."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from psycopg import AsyncConnection, AsyncCursor

from backbeat.chain.model import Kind, Play
from backbeat.chain.native import NativeReader
from backbeat.db.pipeline import apart, pipelined
from backbeat.db.query import value
from backbeat.db.sql import load
from backbeat.db.together import Write
from backbeat.index.applied import NumberedBlock, PlayBatch, Plays, Tally
from backbeat.index.patches import patches
from backbeat.index.row import Change, Gone, Row
from backbeat.index.rows import WRITE_RANKS
from backbeat.index.state import State, is_unborn
from backbeat.index.tables import Table

MARK = load(__package__, "writes_blocks.sql")
WRITE_BLOCKS = load(__package__, "blocks_write.sql")
LAST_PLAY = load(__package__, "plays_last.sql")
COPY_PLAYS = load(__package__, "plays_copy.sql")
ADVANCE_SEQUENCE = load(__package__, "sequence_advance.sql")
ADD_COUNTS = load(__package__, "counts_add.sql")
INSERT_SKIPPED = load(__package__, "skipped_insert.sql")

PLAY_TYPES = (
    "int4", "varchar", "int4", "int4", "timestamp", "int4", "varchar", "varchar", "varchar", "varchar"
)  # fmt: skip

COPY_BEGINS = b"PGCOPY\n\xff\r\n\0" + bytes(8)  # no flags, nothing more of a header
COPY_ENDS = b"\xff\xff"

PLAYS_AT_ONCE = 5_000
"""Plays that become rows before anybody else gets a turn: some 10 ms, more than a batch has mostly."""

ROWS_AT_ONCE = 200
"""Above these, rows become JSON in a thread: some 5 ms for them."""

P = TypeVar("P", PlayBatch, Plays)

GilHeld = Callable[[], AbstractContextManager[None]]
"""Opens a context in which other threads of the process leave the interpreter lock to this one."""


async def write_blocks(connection: AsyncConnection[Any], chain_id: str, blocks: list[NumberedBlock]) -> None:
    """Write the block rows, which everything else refers to."""
    rows = [
        {
            "hash": each.block.hash,
            "parent": each.parent_hash,
            "em_parent": each.em_parent_hash,
            "height": each.block.height,
            "has_plays": each.has_plays,
            "number": each.number,
        }
        for each in blocks
    ]
    await connection.execute(WRITE_BLOCKS, {"blocks": _json(rows), "chain_id": chain_id})


async def write_rows(connection: AsyncConnection[Any], tables: Mapping[type[Row], Table], state: State) -> None:
    """Write the last version of every row that the batch changed, a statement or two per table."""
    changed = sorted(state.changes().items(), key=_write_order)
    if not changed:
        return
    async with pipelined(connection):
        for row, changes in changed:
            table = tables[row]
            kept = await _with_ids(connection, table, changes, state)  # before the highest old one may be deleted
            gone = [change.row for change in changes if isinstance(change, Gone) and not is_unborn(change.row)]
            if gone:
                await connection.execute(table.delete, {"rows": _json(gone)})
            if len(kept) > ROWS_AT_ONCE:
                patched = await asyncio.to_thread(patches, table, kept, state)
            else:
                patched = patches(table, kept, state)
            if patched.rows:
                await connection.execute(table.patch, {"rows": patched.rows}, prepare=False)
            if patched.whole:
                await connection.execute(table.merge, {"rows": patched.whole})
            for column, sequence in table.sequences.items():
                if kept:
                    await advance_sequence(connection, sequence, max(getattr(row, column) for row in kept))


def _write_order(item: tuple[type[Row], Any]) -> tuple[int, bool]:
    """Put a table behind those it follows, and a part of a row behind the whole, which may have to be made first."""
    return WRITE_RANKS[item[0].table], item[0].part_of is not None


async def write_plays(
    connection: AsyncConnection[Any],
    plays: Sequence[Plays],
    last_id: int,
    gil_held: GilHeld,
    native: NativeReader | None = None,
    *,
    is_last: bool = False,
) -> int:
    """Append plays with gapless ids after ``last_id``; return the new last id, which the sequence has yet to learn.

    Ids that another writer gave to plays of its own are passed over; ``is_last``: the table was just asked for them.
    ``native`` has to be there if any are packed.
    """
    if not plays:
        return last_id
    asked = None if is_last else await connection.execute(LAST_PLAY)
    async with apart(connection), connection.cursor() as cursor:
        if asked is not None:
            [found] = await asked.fetchone() or (0,)
            last_id = max(last_id, found)
        if native is not None:
            return await _copy_packed(cursor, plays, last_id, native)
        return await _copy(cursor, [each for each in plays if isinstance(each, PlayBatch)], last_id, gil_held)


async def _copy_packed(cursor: AsyncCursor[Any], plays: Sequence[Plays], last_id: int, native: NativeReader) -> int:
    async with cursor.copy(COPY_PLAYS) as copy:
        await copy.write(COPY_BEGINS)
        for turn in _turns(plays):
            rows = [row for batch in turn for row in batch.rows]
            await copy.write(native.number_rows(rows, last_id + 1))
            last_id += sum(map(len, turn))
        await copy.write(COPY_ENDS)
    return last_id


async def _copy(cursor: AsyncCursor[Any], plays: Sequence[PlayBatch], last_id: int, gil_held: GilHeld) -> int:
    async with cursor.copy(COPY_PLAYS) as copy:
        copy.set_types(PLAY_TYPES)
        rows = copy.formatter  # what write_row of the copy does, without a coroutine for each
        for turn in _turns(plays):
            with gil_held():  # it then waits for the server's triggers, which is time enough for others
                for batch in turn:
                    height, time_of = batch.height, batch.times.of
                    for play in batch.plays:
                        last_id += 1
                        if full := rows.write_row(_play_row(last_id, height, play, time_of(play.played_at))):
                            await copy.write(full)
            await asyncio.sleep(0)
    return last_id


def _turns(plays: Iterable[P]) -> Iterator[list[P]]:
    """Cut plays into pieces after which others get their turn."""
    turn: list[P] = []
    size = 0
    for batch in plays:
        turn.append(batch)
        size += len(batch)
        if size >= PLAYS_AT_ONCE:
            yield turn
            turn, size = [], 0
    if turn:
        yield turn


def _play_row(number: int, height: int, play: Play, heard_at: datetime) -> tuple[Any, ...]:
    """Return a row of ``plays`` but for ``updated_at``, which is left to the column's default."""
    return (
        number,
        "relay",
        play.track_id,
        play.user_id,
        heard_at,
        height,
        play.signature,
        play.city,
        play.region,
        play.country,
    )


async def advance_sequence(connection: AsyncConnection[Any], sequence: str, last_id: int) -> None:
    """Let others, who take their ids from ``sequence``, go on behind the ids that we gave."""
    await connection.execute(ADVANCE_SEQUENCE, {"sequence": sequence, "last_id": last_id})


def counting(counts: Mapping[Tally, int], play_rows: int) -> list[Write]:
    """Return what counts transactions by how they ended, and the rows their plays became."""
    tallies = sorted(counts.items(), key=lambda item: msgspec.structs.astuple(item[0]))
    rows = [
        {**msgspec.structs.asdict(tally), "count": count, "plays": play_rows if tally.kind == Kind.PLAYS else 0}
        for tally, count in tallies
    ]
    return [Write(ADD_COUNTS, {"counts": _json(rows)})] if rows else []


async def write_skipped(connection: AsyncConnection[Any], block: NumberedBlock, last_number: int, tx_hash: str) -> None:
    """Record, where the network looks for it, a transaction that the database itself refused.

    A block without a number of its own is named by ``last_number``, the number before it.
    """
    number = last_number if block.number is None else block.number
    await connection.execute(INSERT_SKIPPED, {"number": number, "block_hash": block.block.hash, "tx_hash": tx_hash})


async def _with_ids(
    connection: AsyncConnection[Any], table: Table, changes: Iterable[Change], state: State
) -> list[Row]:
    """Return the rows to write, new ones with ids of their own, which ``state`` gets to know.

    A row that came and went within the batch takes an id too, as it would have in a batch of its own.
    """
    rows = [change for change in changes if isinstance(change, Row)]
    if not table.is_serial or not rows:
        return rows
    last_id = await value(connection, table.last_id) or 0
    out = []
    for change in changes:
        row = change.row if isinstance(change, Gone) else change
        if is_unborn(row):
            last_id += 1
            state.give_id(row, last_id)
            row = row.but(id=last_id)
        if isinstance(change, Row):
            out.append(row)
    return out


def _json(rows: list[Any]) -> str:
    return msgspec.json.encode(rows).decode()
