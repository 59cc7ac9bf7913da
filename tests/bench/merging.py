"""Two ways to write entity rows: one JSON array per table, or COPY into a temporary table and a merge from there."""

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import product
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.sql import SQL, Composed, Identifier

from backbeat.index import sink
from backbeat.index.row import Row
from backbeat.index.rows.social import FollowRow
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.rows.users import UserRow
from backbeat.index.state import State
from backbeat.index.tables import Table, describe
from bench.figure import Figure
from bench.scope import Scope
from bench.server import connect

SIZES = (1, 20, 5_000)
TIMES = {1: 100, 20: 50, 5_000: 3}  # per round; more of what is short
AT = datetime(2026, 1, 1)  # noqa: DTZ001 - block times are naive UTC
BLOCK = "INSERT INTO blocks (blockhash, number) VALUES ('b', 1)"
STAGE = "CREATE TEMP TABLE IF NOT EXISTS {stage} (LIKE {table} INCLUDING DEFAULTS) ON COMMIT DELETE ROWS"
COPY = "COPY {stage} ({columns}) FROM STDIN"
MERGE = """
    INSERT INTO {table} ({columns}) SELECT {columns} FROM {stage}
    ON CONFLICT ({identity}) WHERE is_current DO UPDATE SET {updates}
"""
STAMP: dict[str, Any] = {"blockhash": "b", "blocknumber": 1, "txhash": "t"}

Write = Callable[[AsyncConnection[Any], Table, list[Row]], Awaitable[None]]
Make = Callable[[int, str], Row]


async def merging(scope: Scope) -> list[Figure]:
    """Insert rows, then write them again changed; both ways in turn, one transaction each."""
    seen: defaultdict[str, list[float]] = defaultdict(list)
    for size, _, (way, write) in product(SIZES[: scope.size(3, 2)], range(scope.rounds), WAYS.items()):
        async with scope.server.database() as url, await connect(url) as conn:
            await conn.execute(BLOCK)
            tables = await describe(conn, MADE)
            for row, verb in product(MADE, ("insert", "update")):
                seconds = await _seconds(conn, write, tables[row], _batches(MADE[row], size, verb))
                seen[f"{verb} {size} {row.table} by {way}"].append(1e3 * seconds / TIMES[size])
    return [Figure(what, "ms", values) for what, values in seen.items()]


async def _seconds(conn: AsyncConnection[Any], write: Write, table: Table, batches: list[list[Row]]) -> float:
    started = time.perf_counter()
    for batch in batches:
        async with conn.transaction():
            await write(conn, table, batch)
    return time.perf_counter() - started


async def _by_json(conn: AsyncConnection[Any], table: Table, rows: list[Row]) -> None:
    state = State()
    state.apply(rows)
    await sink.write_rows(conn, {table.row: table}, state)


async def _by_copy(conn: AsyncConnection[Any], table: Table, rows: list[Row]) -> None:
    await conn.execute(_compose(STAGE, table))
    async with conn.cursor() as cursor, cursor.copy(_compose(COPY, table)) as copy:
        for row in rows:
            await copy.write_row([_plain(value) for value in msgspec.structs.astuple(row)])
    await conn.execute(_compose(MERGE, table))


def _plain(value: Any) -> Any:
    """Lists and objects are for jsonb columns, tuples for arrays."""
    if isinstance(value, tuple):
        return list(value)
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else value


def _compose(text: str, table: Table) -> Composed:
    row = table.row
    others = [name for name in table.columns if name not in row.identity]
    return SQL(text).format(
        stage=Identifier(f"staged_{row.table}"),
        table=Identifier(row.table),
        columns=SQL(", ").join(map(Identifier, table.columns)),
        identity=SQL(", ").join(map(Identifier, row.identity)),
        updates=SQL(", ").join(SQL("{0} = excluded.{0}").format(Identifier(name)) for name in others),
    )


def _batches(make: Make, size: int, verb: str) -> list[list[Row]]:
    return [[make(first + each, verb) for each in range(size)] for first in range(1, TIMES[size] * size, size)]


def _user(number: int, verb: str) -> Row:
    handle, bio = f"user{number}", "what I do, in as many words as people use on such a page"
    return UserRow(
        user_id=number, handle=handle, handle_lc=handle, wallet=f"0x{number:040x}", name=verb, bio=bio, location="Here",
        created_at=AT, updated_at=AT, **STAMP,
    )  # fmt: skip


def _track(number: int, verb: str) -> Row:
    cid = f"baeaaaiqse{number:050d}"
    return TrackRow(
        track_id=number, owner_id=number % 97, title=f"{verb} {number}", genre="Electronic", mood="Easygoing",
        tags="a,b", description="how it came to be", track_cid=cid, orig_file_cid=cid, cover_art_sizes=cid,
        duration=200,
        field_visibility={"mood": True, "tags": True, "genre": True, "share": True, "play_count": True},
        created_at=AT, updated_at=AT, **STAMP,
    )  # fmt: skip


def _follow(number: int, verb: str) -> Row:
    return FollowRow(
        follower_user_id=number % 71, followee_user_id=100 + number, is_delete=verb == "update", created_at=AT, **STAMP
    )


MADE: dict[type[Row], Make] = {UserRow: _user, TrackRow: _track, FollowRow: _follow}
WAYS: dict[str, Write] = {"JSON": _by_json, "COPY": _by_copy}
