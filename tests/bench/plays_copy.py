"""Plays through the block loop against bare COPY of the very same rows into the same table, indexes and triggers."""

from collections.abc import Iterable, Sequence

import msgspec

from bench.chains import Chain, plays_only
from bench.figure import Figure
from bench.meter import Spent, metered
from bench.replay import replay
from bench.scope import Scope
from bench.server import Server, connect

SHARE_MIN = 0.5
BATCHES = "SELECT min(id), max(id) FROM plays GROUP BY xmin ORDER BY 1"  # one row per commit
TAKE = "COPY (SELECT * FROM plays WHERE id BETWEEN {} AND {} ORDER BY id) TO STDOUT (FORMAT binary)"
GIVE = "COPY plays FROM STDIN (FORMAT binary)"


class Rows(msgspec.Struct, frozen=True):
    """The indexed rows in binary: as they were committed, and all at once."""

    plays: int
    batches: list[bytes]
    whole: bytes


async def plays_copy(scope: Scope) -> list[Figure]:
    """Measure the three ways in turn, each on a fresh database, the order reversed from round to round."""
    chain = plays_only(scope.size(200_000, 2_000), 20)
    rows = await _indexed_rows(scope.server, chain)
    rates: dict[str, list[float]] = {"index": [], "batches": [], "whole": []}
    noise: list[float] = []
    for round_number in range(scope.rounds):
        for way in list(rates)[:: 1 if round_number % 2 else -1]:
            spent = await _measure(scope.server, chain, rows, way)
            rates[way].append(rows.plays / spent.wall)
            noise.append(spent.noise_percent)
    ours, batches, whole = rates.values()
    same, one = f"the same {len(rows.batches)} commits", "one commit"
    return [
        Figure("block loop", "plays/s", ours),
        Figure(f"bare COPY, {same}", "plays/s", batches),
        Figure(f"bare COPY, {one}", "plays/s", whole),
        Figure(f"block loop as a share of bare COPY, {same}, round by round", "", _shares(ours, batches)),
        Figure(f"block loop as a share of bare COPY, {one}, round by round", "", _shares(ours, whole)),
        Figure(f"best block loop as a share of best COPY, {same}", "", [max(ours) / max(batches)], at_least=SHARE_MIN),
        Figure("other work on the machine", "% of it", noise),
    ]


def _shares(ours: Sequence[float], bare: Sequence[float]) -> list[float]:
    return [mine / theirs for mine, theirs in zip(ours, bare, strict=True)]


async def _measure(server: Server, chain: Chain, rows: Rows, way: str) -> Spent:
    async with server.database() as url:
        with metered(server.pid) as spent:
            if way == "index":
                await replay(chain, url)
            else:
                await _copy(url, rows.batches if way == "batches" else [rows.whole])
    return spent


async def _copy(url: str, batches: Iterable[bytes]) -> None:
    async with await connect(url) as connection:
        for batch in batches:
            async with connection.cursor() as cursor, cursor.copy(GIVE) as copy:
                await copy.write(batch)


async def _indexed_rows(server: Server, chain: Chain) -> Rows:
    async with server.database() as url:
        done = await replay(chain, url)
        async with await connect(url) as connection:
            bounds = await (await connection.execute(BATCHES)).fetchall()

            async def take(first: int, last: int) -> bytes:
                async with connection.cursor() as cursor, cursor.copy(TAKE.format(first, last).encode()) as copy:
                    return b"".join([bytes(part) async for part in copy])

            batches = [await take(first, last) for first, last in bounds]
            return Rows(done.plays, batches, await take(bounds[0][0], bounds[-1][1]))
