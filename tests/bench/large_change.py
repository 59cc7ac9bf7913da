"""From which share of dirty keys on a pass over everything costs less: the same change taken both ways, in turn.

The derivation groups rows of a base table by key, as most do: a key's rows are found by an index, or all of them by one
scan. ``python -m bench.large_change`` prints milliseconds per share.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from clusters import cluster_folder
from psycopg import AsyncConnection

from backbeat.clock import SystemClock
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.migrate import migrate
from backbeat.incremental.change_feed import ChangeFeed
from backbeat.incremental.derivation import Derivation, Dirty
from backbeat.incremental.merge import Target
from backbeat.incremental.transaction import Session
from bench.change_feed import session

KEYS = 100_000
ROWS_PER_KEY = 10
SHARES = (0.01, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0)
ROUNDS = 3
SETUP = """
    CREATE TABLE public.votes (id int PRIMARY KEY, key int, weight int);
    INSERT INTO votes SELECT n, 1 + n %% %(keys)s, 1 FROM generate_series(1, %(rows)s) AS n;
    CREATE INDEX ON votes (key);
    CREATE TABLE public.tallies (key int PRIMARY KEY, votes int) WITH (fillfactor = 50);
"""
QUERY = """
    SELECT key, sum(weight)::int AS votes FROM votes
    WHERE %(keys)b::int[] IS NULL OR key = ANY (%(keys)b::int[]) GROUP BY key
"""
DIRTY = "SELECT key::int AS key, count(*) FROM backbeat.changed_keys(%(stream)s, %(after)s, %(upto)s) AS key GROUP BY 1"


def tallies(rebuild_share: float) -> Derivation:
    """Return the derivation with its switch at a share."""
    return Derivation(
        "tallies",
        dirty=[Dirty(ChangeFeed("tallies", "votes", KEYS), DIRTY)],
        query=QUERY,
        target=Target(table="tallies", key=("key",), values=("votes",), scope="key"),
        rebuild_share=rebuild_share,
    )


async def measure(url: str) -> dict[float, tuple[float, float]]:
    """Return milliseconds by keys and whole, per share of dirty keys."""
    by_keys, whole = tallies(2.0), tallies(0.0)
    found = {}
    async with await session(url) as connection:
        await connection.execute(_filled())
        await by_keys.incremental(Session(connection))
        await connection.execute("SELECT backbeat.capture('votes', 'votes', ARRAY['key'])")
        await connection.execute("VACUUM (ANALYZE) votes, tallies")
        for share in SHARES:
            taken: dict[Derivation, list[float]] = {by_keys: [], whole: []}
            for _ in range(ROUNDS):
                for derivation, times in taken.items():
                    await _change(connection, share)
                    started = time.perf_counter()
                    report = await derivation.incremental(Session(connection))
                    times.append(1e3 * (time.perf_counter() - started))
                    if report.updated != int(share * KEYS):
                        raise RuntimeError(f"not what was changed: {report}")
            found[share] = (statistics.median(taken[by_keys]), statistics.median(taken[whole]))
    return found


def _filled() -> bytes:
    return (
        SETUP.replace("%(keys)s", str(KEYS)).replace("%(rows)s", str(KEYS * ROWS_PER_KEY)).replace("%%", "%").encode()
    )


async def _change(connection: AsyncConnection[Any], share: float) -> None:
    """Change one row of every so-manieth key."""
    await connection.execute(
        "UPDATE votes SET weight = weight + 1 WHERE id <= %s AND id %% 100 < %s", [KEYS, round(100 * share)]
    )
    await connection.execute("VACUUM votes, tallies")


async def main() -> None:
    """Print the figures."""
    with cluster_folder(Path(tempfile.gettempdir())) as folder:
        async with EmbeddedPostgres(folder) as postgres:
            await migrate(postgres.url, clock=SystemClock())
            for share, (by_keys, whole) in (await measure(postgres.url)).items():
                sys.stdout.write(f"{share:.0%} of {KEYS} keys: {by_keys:.0f} ms by keys, {whole:.0f} ms whole\n")


if __name__ == "__main__":
    asyncio.run(main())
