"""Writes the chain explorer's audit tables: the newest blocks, in the transaction that commits them."""

import asyncio
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection
from psycopg.sql import SQL, Composed, Identifier

from backbeat.chain.model import Block
from backbeat.db.sql import compose, load
from backbeat.index.cursor import Cursor
from backbeat.index.explorer.rows import DEREGISTERED, Row, Rows, audit_rows

CLEAR = load(__package__, "clear.sql")
REPORTS = load(__package__, "reports.sql")
RATES = load(__package__, "rates.sql")
VALIDATORS = load(__package__, "validators.sql")
VALIDATORS_GONE = load(__package__, "validators_gone.sql")

_OF_TRANSACTION: Final = ("block_height", "tx_hash")
_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "etl_addresses": ("address", "first_seen_block_height", "created_at"),
    "etl_blocks": ("proposer_address", "block_height", "block_time"),
    "etl_transactions": ("tx_index", "tx_type", "address", "created_at", *_OF_TRANSACTION),
    "etl_plays": (
        "user_id", "track_id", "city", "region", "country", "played_at", "listened_at", "recorded_at", *_OF_TRANSACTION
    ),
    "etl_manage_entities": (
        "address", "entity_type", "entity_id", "action", "metadata", "signature", "signer", "nonce", "created_at",
        *_OF_TRANSACTION,
    ),
    "etl_validator_registrations": (
        "address", "endpoint", "comet_address", "eth_block", "node_type", "spid", "comet_pubkey", "voting_power",
        *_OF_TRANSACTION,
    ),
    "etl_validator_deregistrations": ("comet_address", "comet_pubkey", *_OF_TRANSACTION),
    "etl_validator_misbehavior_deregistrations": ("comet_address", "pub_key", "created_at", *_OF_TRANSACTION),
    "etl_sla_rollups": (
        "block_start", "block_end", "validator_count", "block_quota", "created_at", *_OF_TRANSACTION
    ),
    "etl_storage_proofs": (
        "height", "address", "prover_addresses", "cid", "proof_signature", "status", "created_at", *_OF_TRANSACTION
    ),
    "etl_storage_proof_verifications": ("height", "proof", "created_at", *_OF_TRANSACTION),
}  # fmt: skip
_HEIGHTS: Final = {
    "etl_addresses": "first_seen_block_height",
    **{table: "block_height" for table in (*_COLUMNS, "etl_sla_node_reports") if table != "etl_addresses"},
}
_PRUNED_BLOCKS_MIN: Final = 100  # per commit, and twice what it adds


def _append(table: str) -> Composed:
    columns = SQL(", ").join(map(Identifier, _COLUMNS[table]))
    return compose(__package__, "append.sql", table=Identifier(table), columns=columns)


APPEND: Final = {table: _append(table) for table in _COLUMNS}
PRUNE: Final = {
    table: compose(__package__, "prune.sql", table=Identifier(table), height=Identifier(height))
    for table, height in _HEIGHTS.items()
}


async def write_audit(connection: AsyncConnection[Any], before: Cursor, blocks: list[Block], blocks_max: int) -> None:
    """Write what ``blocks``, which follow ``before``, hold, and forget all but the newest ``blocks_max``.

    The tables are of one chain: the first block of the next empties them. Raises nothing of its own: rows are made such
    that they can be stored.
    """
    rows = await asyncio.to_thread(audit_rows, blocks)
    if before.left is not None:
        await connection.execute(CLEAR)
    for table, append in APPEND.items():
        if found := rows.get(table):
            await connection.execute(append, {"rows": _json(found)})
    if rows.get("etl_sla_rollups"):
        await _write_rollups(connection, rows, blocks[0].height)
    if rows.get("etl_validators"):
        await _write_validators(connection, rows["etl_validators"])
    values = {
        "height": blocks[-1].height - blocks_max,
        "blocks_max": max(_PRUNED_BLOCKS_MIN, 2 * len(blocks)),
    }
    for prune in PRUNE.values():
        await connection.execute(prune, values)


async def _write_rollups(connection: AsyncConnection[Any], rows: Rows, first_height: int) -> None:
    if reports := rows.get("etl_sla_node_reports"):
        await connection.execute(REPORTS, {"rows": _json(reports)})
    await connection.execute(RATES, {"height": first_height})


async def _write_validators(connection: AsyncConnection[Any], events: list[Row]) -> None:
    """Bring the list of validators to what ``events`` leave of each."""
    gone, known = dict[str, Row](), dict[str, Row]()
    for event in events:
        name = event["comet_address"]
        if event["status"] != DEREGISTERED:
            known[name] = event | {"created_at": known.get(name, event)["created_at"]}
        elif name in known:
            known[name] = known[name] | event
        else:
            gone[name] = event
    if gone:
        await connection.execute(VALIDATORS_GONE, {"rows": _json(list(gone.values()))})
    if known:
        await connection.execute(VALIDATORS, {"rows": _json(list(known.values()))})


def _json(rows: list[Row]) -> str:
    return msgspec.json.encode(rows).decode()
