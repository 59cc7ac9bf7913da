"""Writes what a batch came to: set-based statements, inside the one transaction that also moves the cursor."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.chain.model import Block, Kind, Play
from backbeat.db.sql import load
from backbeat.index.applied import Applied, NumberedBlock, Rejection
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change, Gone, Row
from backbeat.index.state import State
from backbeat.index.tables import Table

INSERT_BLOCKS = load(__package__, "blocks_insert.sql")
INDEX_BLOCKS = load(__package__, "blocks_index.sql")
LAST_PLAY = load(__package__, "plays_last.sql")
COPY_PLAYS = load(__package__, "plays_copy.sql")
ADVANCE_SEQUENCE = load(__package__, "sequence_advance.sql")
ADVANCE_PLAYS = load(__package__, "plays_sequence.sql")
ADD_COUNTS = load(__package__, "counts_add.sql")
INSERT_REJECTION = load(__package__, "rejections_insert.sql")
INSERT_SKIPPED = load(__package__, "skipped_insert.sql")

PLAY_TYPES = (
    "int4", "varchar", "int4", "int4", "timestamp", "int4", "varchar", "varchar", "varchar", "varchar"
)  # fmt: skip

Alone = Callable[[], AbstractContextManager[None]]
"""Opens a context in which other threads of the process leave the interpreter to this one."""

WRITTEN_FIRST = {"users": 0, "tracks": 1, "playlists": 2}
"""The triggers of later tables look these up; the rest keep the order in which they were touched."""


async def write_blocks(conn: AsyncConnection[Any], chain_id: str, blocks: list[NumberedBlock]) -> None:
    """Write the block rows, which everything else refers to."""
    numbered = [block for block in blocks if block.number is not None]
    if numbered:
        await conn.execute(
            INSERT_BLOCKS,
            {
                "hashes": [block.block.hash for block in numbered],
                "parents": [block.em_parent_hash for block in numbered],
                "numbers": [block.number for block in numbered],
            },
        )
    await conn.execute(
        INDEX_BLOCKS,
        {
            "chain_id": chain_id,
            "hashes": [block.block.hash for block in blocks],
            "parents": [block.parent_hash for block in blocks],
            "heights": [block.block.height for block in blocks],
            "have_plays": [block.has_plays for block in blocks],
            "numbers": [block.number for block in blocks],
        },
    )


async def write_rows(conn: AsyncConnection[Any], tables: Mapping[type[Row], Table], state: State) -> None:
    """Write the last version of every row that the batch changed, a statement per table."""
    changed = sorted(state.changes().items(), key=lambda item: WRITTEN_FIRST.get(item[0].table, len(WRITTEN_FIRST)))
    if not changed:
        return
    async with conn.pipeline():
        for row, changes in changed:
            table = tables[row]
            gone = [change.row for change in changes if isinstance(change, Gone)]
            if gone:
                await conn.execute(table.delete, {"rows": _json(gone)})
            kept = await _with_ids(conn, table, changes)
            if kept:
                await conn.execute(table.merge, {"rows": _json(kept)})
                for column, sequence in table.sequences.items():
                    await advance_sequence(conn, sequence, max(getattr(row, column) for row in kept))


async def write_plays(conn: AsyncConnection[Any], applied: Applied, last_id: int, alone: Alone) -> int:
    """Append plays with gapless ids after ``last_id``; return the new last id, which the sequence has yet to learn.

    Ids that somebody else gave to plays of theirs are passed over. A play that fits no row is recorded in ``applied``
    on its own.
    """
    if not applied.plays:
        return last_id
    found = await (await conn.execute(LAST_PLAY)).fetchone()
    last_id = max(last_id, found[0] if found else 0)
    async with conn.cursor() as cursor, cursor.copy(COPY_PLAYS) as copy:
        copy.set_types(PLAY_TYPES)
        rows = copy.formatter  # what write_row of the copy does, without a coroutine for each
        with alone():  # it then waits for the server's triggers, which is time enough for others
            for heard in applied.plays:
                block = heard.block
                for number, play in enumerate(heard.transaction.plays):
                    if play.track_id is None:
                        reject = Reject(Code.VALUE_OUT_OF_RANGE, "track_id")
                        applied.record(block, heard.tx_index, heard.transaction, reject, play_index=number)
                        continue
                    last_id += 1
                    if full := rows.write_row(_play_row(last_id, block, play)):
                        await copy.write(full)
    return last_id


def _play_row(number: int, block: Block, play: Play) -> tuple[Any, ...]:
    """Return a row of ``plays`` but for ``updated_at``, which is left to the column's default."""
    return (
        number,
        "relay",
        play.track_id,
        play.user_id,
        play.played_at or block.time,
        block.height,
        play.signature,
        play.city,
        play.region,
        play.country,
    )


async def advance_sequence(conn: AsyncConnection[Any], sequence: str, last_id: int) -> None:
    """Let others, who take their ids from ``sequence``, go on behind the ids that we gave."""
    await conn.execute(ADVANCE_SEQUENCE, {"sequence": sequence, "last_id": last_id})


async def advance_plays(conn: AsyncConnection[Any], last_id: int) -> None:
    """Let whoever else writes plays go on behind ``last_id``."""
    await conn.execute(ADVANCE_PLAYS, {"last_id": last_id})


async def write_outcomes(conn: AsyncConnection[Any], applied: Applied, play_rows: int) -> None:
    """Count how the transactions ended, and the rows their plays became; keep the refused ones."""
    tallies = sorted(applied.tallies().items(), key=lambda item: msgspec.structs.astuple(item[0]))
    if tallies:
        await conn.execute(
            ADD_COUNTS,
            {
                "kinds": [tally.kind for tally, _ in tallies],
                "pairs": [tally.pair for tally, _ in tallies],
                "outcomes": [str(tally.outcome) for tally, _ in tallies],
                "reasons": [str(tally.reason) for tally, _ in tallies],
                "counts": [count for _, count in tallies],
                "plays": [play_rows if tally.kind == Kind.PLAYS else 0 for tally, _ in tallies],
            },
        )
    if applied.rejections:
        async with conn.cursor() as cursor:
            await cursor.executemany(INSERT_REJECTION, [_rejection(r) for r in applied.rejections])


async def write_skipped(conn: AsyncConnection[Any], block: NumberedBlock, last_number: int, tx_hash: str) -> None:
    """Record, where the network looks for it, a transaction that the database itself refused.

    A block without a number of its own is named by ``last_number``, the number before it.
    """
    number = last_number if block.number is None else block.number
    await conn.execute(INSERT_SKIPPED, {"number": number, "block_hash": block.block.hash, "tx_hash": tx_hash})


async def _with_ids(conn: AsyncConnection[Any], table: Table, changes: Iterable[Change]) -> list[Row]:
    rows = [change for change in changes if isinstance(change, Row)]
    if not table.is_serial or not rows:
        return rows
    found = await (await conn.execute(table.last_id)).fetchone()
    last_id = found[0] if found else 0
    out = []
    for row in rows:
        if row.key() < (0,):
            last_id += 1
            out.append(row.but(id=last_id))
        else:
            out.append(row)
    return out


def _json(rows: list[Row]) -> str:
    return msgspec.json.encode(rows).decode()


def _rejection(rejection: Rejection) -> dict[str, Any]:
    block, transaction = rejection.block, rejection.transaction
    entity = transaction.entity
    return {
        "chain_id": block.chain_id,
        "height": block.height,
        "tx_index": rejection.tx_index,
        "play_index": rejection.play_index,
        "tx_hash": transaction.hash,
        "block_time": block.time,
        "kind": str(transaction.kind),
        "entity_type": _text(entity.entity_type) if entity else None,
        "action": _text(entity.action) if entity else None,
        "user_id": entity.user_id if entity else None,
        "entity_id": entity.entity_id if entity else None,
        "signer": _text(entity.signer) if entity else None,
        "reason": str(rejection.code),
        "field": rejection.field,
        "detail": _text(rejection.detail),
        "raw": transaction.raw,
    }


def _text(value: str) -> str:
    return value.replace("\x00", "")
