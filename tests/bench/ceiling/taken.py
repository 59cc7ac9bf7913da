"""What one program's block loop says to a server over a chain, and the database from which it can be said again."""

from collections.abc import Sequence
from typing import NamedTuple

from chaos.content import Content, content
from psycopg.rows import TupleRow

from bench.ceiling.frontend import Session
from bench.ceiling.tap import tapped
from bench.chains import Chain
from bench.programs import Program
from bench.server import Server, connect

LEASES = "SELECT name, holder, term, expires_at::text, seconds FROM backbeat.leases"
LEASE = "INSERT INTO backbeat.leases (name, holder, term, expires_at, seconds) VALUES (%s, %s, %s, %s, %s)"


class Taken(NamedTuple):
    """The sessions of the block loop's lane, and what made them true.

    The last statement of each transaction proves a lease whose holder is drawn at random, so that is put there before.
    Nothing else that is sent depends on what the server answers but by what the database holds.
    """

    sessions: Sequence[Session]
    leases: Sequence[TupleRow]
    content: Content
    transactions: int = 0


async def indexed(server: Server, program: Program, chain: Chain) -> Taken:
    """Index a chain, listening."""
    async with server.database(program) as url:
        async with tapped(url) as (through, tap):
            done = await program.index(chain, through, server.pid)
        return Taken(tap.indexing, await _leases(url), content(url), done.transactions)


async def committed(server: Server, program: Program, chain: Chain, blocks: int) -> Taken:
    """Commit a chain's first blocks one by one, listening."""
    async with server.database(program) as url:
        async with tapped(url) as (through, tap):
            await program.commit(chain, through, blocks)
        return Taken(tap.indexing, await _leases(url), content(url))


async def _leases(url: str) -> Sequence[TupleRow]:
    async with await connect(url) as connection:
        return await (await connection.execute(LEASES)).fetchall()


async def lend(taken: Taken, url: str) -> None:
    """Put into a fresh database what the stream proves at the end of each transaction."""
    async with await connect(url) as connection:
        for lease in taken.leases:
            await connection.execute(LEASE, lease)


def compare(taken: Taken, url: str) -> None:
    """Raise RuntimeError unless a database holds what the loop wrote."""
    found = content(url)
    differing = sorted(
        name for name in taken.content.keys() | found.keys() if taken.content.get(name) != found.get(name)
    )
    if differing:
        raise RuntimeError(f"what was sent again came to other rows: {', '.join(differing)}")
