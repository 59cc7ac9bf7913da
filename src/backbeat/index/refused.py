"""Keeps what was refused: a row for each transaction or play, the bytes of each transaction once."""

from collections.abc import Iterable
from typing import Any, Final

from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.index.applied import Rejection

INSERT_ROWS = load(__package__, "refused_rows.sql")
INSERT_BYTES = load(__package__, "refused_bytes.sql")

TEXT_CHARACTERS_MAX: Final = 200  # of a type, an action or an address: more is no name, and the bytes have it whole
DETAIL_CHARACTERS_MAX: Final = 1_000  # of what the database said
ROW_BYTES: Final = 300  # what a row takes beside its texts: its other values, its header, its places in two indexes


async def write_refused(conn: AsyncConnection[Any], rejections: Iterable[Rejection]) -> None:
    """Write rejections of one chain: two statements, however many there are."""
    found = list(rejections)
    if not found:
        return
    rows = [_row(each) for each in found]
    await conn.execute(INSERT_ROWS, {name: [row[name] for row in rows] for name in rows[0]})
    sizes: dict[tuple[int, int], int] = {}
    raws: dict[tuple[int, int], bytes] = {}
    for rejection, row in zip(found, rows, strict=True):
        place = rejection.block.height, rejection.tx_index
        raws[place] = rejection.transaction.raw
        sizes[place] = sizes.get(place, len(raws[place])) + _row_bytes(row)
    values = {
        "chain_id": found[0].block.chain_id,
        "heights": [height for height, _ in raws],
        "tx_indexes": [index for _, index in raws],
        "sizes": list(sizes.values()),
        "raws": list(raws.values()),
    }
    await conn.execute(INSERT_BYTES, values)


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
