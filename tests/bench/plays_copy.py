"""Plays through the block loop against bare COPY of the very same rows into the same table, indexes and triggers."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

import msgspec

from bench.chains import Chain, plays_only
from bench.figure import Figure
from bench.meter import Spent, metered
from bench.programs import OURS, Program
from bench.scope import Scope
from bench.server import Server, connect

SHARE_MIN = 0.75
WAYS = ("index", "batches", "whole")
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
    rows = {program.name: await _indexed_rows(scope.server, program, chain) for program in scope.programs}
    rates: dict[tuple[str, str], list[float]] = {(program.name, way): [] for program in scope.programs for way in WAYS}
    noise: list[float] = []
    for number in range(scope.rounds):
        for program, way in product(scope.turns(number), WAYS[:: 1 if number % 2 else -1]):
            spent = await _measure(scope.server, program, chain, rows[program.name], way)
            rates[program.name, way].append(rows[program.name].plays / spent.wall)
            noise.append(spent.noise_percent)
    figures = [
        figure
        for program in scope.programs
        for figure in _figures(program, len(rows[program.name].batches), *(rates[program.name, way] for way in WAYS))
    ]
    return [*figures, Figure("other work on the machine", "% of it", noise)]


def _figures(
    program: Program, commits: int, ours: list[float], batches: list[float], whole: list[float]
) -> Iterator[Figure]:
    same, one = f"the same {commits} commits", "one commit"
    loop = f"{program.name}: block loop"
    yield Figure(loop, "plays/s", ours)
    yield Figure(f"{program.name}: bare COPY, {same}", "plays/s", batches)
    yield Figure(f"{program.name}: bare COPY, {one}", "plays/s", whole)
    yield Figure(f"{loop} as a share of bare COPY, {same}, round by round", "", _shares(ours, batches))
    yield Figure(f"{loop} as a share of bare COPY, {one}, round by round", "", _shares(ours, whole))
    budget = SHARE_MIN if program is OURS else None
    yield Figure(f"{loop}, best, as a share of best COPY, {same}", "", [max(ours) / max(batches)], at_least=budget)


def _shares(ours: Sequence[float], bare: Sequence[float]) -> list[float]:
    return [mine / theirs for mine, theirs in zip(ours, bare, strict=True)]


async def _measure(server: Server, program: Program, chain: Chain, rows: Rows, way: str) -> Spent:
    async with server.database(program) as url:
        if way == "index":
            return await program.index(chain, url, server.pid)
        with metered(server.pid) as spent:
            await _copy(url, rows.batches if way == "batches" else [rows.whole])
    return spent


async def _copy(url: str, batches: Iterable[bytes]) -> None:
    async with await connect(url) as connection:
        for batch in batches:
            async with connection.cursor() as cursor, cursor.copy(GIVE) as copy:
                await copy.write(batch)


async def _indexed_rows(server: Server, program: Program, chain: Chain) -> Rows:
    async with server.database(program) as url:
        done = await program.index(chain, url, server.pid)
        async with await connect(url) as connection:
            bounds = await (await connection.execute(BATCHES)).fetchall()

            async def take(first: int, last: int) -> bytes:
                async with connection.cursor() as cursor, cursor.copy(TAKE.format(first, last).encode()) as copy:
                    return b"".join([bytes(part) async for part in copy])

            batches = [await take(first, last) for first, last in bounds]
            return Rows(done.plays, batches, await take(bounds[0][0], bounds[-1][1]))
