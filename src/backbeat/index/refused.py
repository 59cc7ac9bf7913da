"""Keeps what was refused: a row for each transaction or play, the bytes of each transaction once."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any, Final

from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.index.applied import Rejection

INSERT_ROWS = load(__package__, "refused_rows.sql")
INSERT_BYTES = load(__package__, "refused_bytes.sql")

TEXT_CHARACTERS_MAX: Final = 200  # of a type, an action or an address: more is no name, and the bytes have it whole
DETAIL_CHARACTERS_MAX: Final = 1_000  # of what the database said
ROWS_AT_ONCE: Final = 1_000  # some 10 ms; a block has room for 160,000 transactions that say nothing
ROW_BYTES: Final = 300  # what a row takes beside its texts: its other values, its header, its places in two indexes


async def write_refused(connection: AsyncConnection[Any], rejections: Iterable[Rejection]) -> None:
    """Write rejections of one chain: two statements for every thousand of them, between which others get a turn."""
    for turn in _turns(sorted(rejections, key=_place)):
        await _write(connection, turn)
        await asyncio.sleep(0)


def _turns(rejections: Iterable[Rejection]) -> Iterator[list[Rejection]]:
    """Cut rejections, which are in the order of the chain, into pieces; those of one transaction stay together."""
    turn: list[Rejection] = []
    for rejection in rejections:
        if len(turn) >= ROWS_AT_ONCE and _place(rejection) != _place(turn[-1]):
            yield turn
            turn = []
        turn.append(rejection)
    if turn:
        yield turn


async def _write(connection: AsyncConnection[Any], found: list[Rejection]) -> None:
    rows = [_row(each) for each in found]
    await connection.execute(INSERT_ROWS, {name: [row[name] for row in rows] for name in rows[0]})
    sizes: dict[tuple[int, int], int] = {}
    raws: dict[tuple[int, int], bytes] = {}
    for rejection, row in zip(found, rows, strict=True):
        place = _place(rejection)
        raws[place] = rejection.transaction.raw
        sizes[place] = sizes.get(place, len(raws[place])) + _row_bytes(row)
    values = {
        "chain_id": found[0].block.chain_id,
        "heights": [height for height, _ in raws],
        "tx_indexes": [index for _, index in raws],
        "sizes": list(sizes.values()),
        "raws": list(raws.values()),
    }
    await connection.execute(INSERT_BYTES, values)


def _place(rejection: Rejection) -> tuple[int, int]:
    return rejection.block.height, rejection.tx_index


def _row(rejection: Rejection) -> dict[str, Any]:
    block, transaction = rejection.block, rejection.transaction
    entity = transaction.entity
    return {
        "chain_ids": block.chain_id,
        "heights": block.height,
        "tx_indexes": rejection.tx_index,
        "play_indexes": rejection.play_index,
        "refused_plays": rejection.refused_plays,
        "tx_hashes": transaction.hash,
        "block_times": block.time,
        "kinds": str(transaction.kind),
        "entity_types": _text(entity.entity_type) if entity else None,
        "actions": _text(entity.action) if entity else None,
        "user_ids": entity.user_id if entity else None,
        "entity_ids": entity.entity_id if entity else None,
        "signers": _text(entity.signer) if entity else None,
        "reasons": str(rejection.code),
        "fields": rejection.field,
        "details": _text(rejection.detail, DETAIL_CHARACTERS_MAX),
    }


def _row_bytes(row: dict[str, Any]) -> int:
    return ROW_BYTES + sum(len(value.encode()) for value in row.values() if isinstance(value, str))


def _text(value: str, characters_max: int = TEXT_CHARACTERS_MAX) -> str:
    return value[:characters_max].replace("\x00", "")
