"""Which wrong rows audits find: ``python -m bench.corruptions`` prints docs/measurements/corruptions.md.

On a young network with a row in every derived table, one row of each kind is changed column by column, deleted, and a
row of nobody added; after each the table's audits look at its keys. Then one row of every table is wrong at once, and
``audits.verify`` goes round. Exits with 1 if a wrong row was found by nothing and is not listed as unverifiable.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo

from backbeat.derived.audits import AUDITS, NO_AUDIT
from backbeat.derived.verification.rolling import SECONDS_PER_HOUR, Verification
from backbeat.incremental.ranges import Outcome
from backbeat.incremental.transaction import Session
from bench.quiet_log import quiet_log
from bench.server import Server, connect, running
from harness.corrupting import TABLES, UNVERIFIABLE, VARIANTS, Tried, tried
from harness.corruption import changed, columns_of, rows_of
from harness.young_life import live

BEGINNING = """# What audits find

`PYTHONPATH=tests python -m bench.corruptions > docs/measurements/corruptions.md` makes this page.

On a young network with a row in every derived table, at rest, one row of each kind is made wrong in one way after
another, past all triggers: each column changed, the row deleted, a row of nobody added. Ways that the schema refuses
are left out. After each, the audits of its table look at its keys.
"""
RUNS_MAX = 10_000
ROUNDS = "SELECT count(*) FROM backbeat.audits WHERE purpose = 'rolling' AND ended_at IS NOT NULL"
AT_ONCE = "UPDATE backbeat.verification SET next_at = now()"
DRIFT = "SELECT derivation FROM backbeat.drift"


class Rolled(NamedTuple):
    """What going round came to: the tables with a wrong row, those found, and the seconds of work."""

    wrong: Sequence[str]
    found: Sequence[str]
    seconds: float


@asynccontextmanager
async def _intruder(server: Server, url: str) -> AsyncIterator[AsyncConnection[Any]]:
    """Yield a superuser's session, of which no trigger hears."""
    there = make_conninfo(server._postgres.bootstrap_url, dbname=urlsplit(url).path.removeprefix("/"))
    async with await AsyncConnection.connect(there, autocommit=True, options="-c timezone=UTC") as session:
        await session.execute("SET session_replication_role = replica")
        yield session


async def measure(place: Path) -> tuple[Mapping[str, Sequence[Tried]], Rolled]:
    """Try every corruption on a server of its own under ``place``, and then go round."""
    async with running(place, durable=False) as server, server.database() as url:
        with tempfile.TemporaryDirectory() as folder:
            await live(url, Path(folder))
        async with _intruder(server, url) as intruder, await connect(url) as session:
            found = {table: [each async for each in tried(intruder, session, table)] for table in TABLES}
            return found, await _roll(intruder, session, found)


async def _roll(
    intruder: AsyncConnection[Any], session: AsyncConnection[Any], tried_before: Mapping[str, Sequence[Tried]]
) -> Rolled:
    """Leave one row of each table wrong, and go round all of them once without pause."""
    wrong = [table for table, each in tried_before.items() if await _spoil(intruder, table, each)]
    going, began = Verification(3_600.0), time.monotonic()
    for _ in range(RUNS_MAX):
        await going.run(Session(session))
        [(ended,)] = await (await session.execute(ROUNDS)).fetchall()
        if ended == len(AUDITS):
            break
        await session.execute(AT_ONCE)
    names = {name for (name,) in await (await session.execute(DRIFT)).fetchall()}
    found = [table for table in wrong if names & {audit.name for audit in TABLES[table]}]
    return Rolled(wrong, found, time.monotonic() - began)


async def _spoil(intruder: AsyncConnection[Any], table: str, tried_before: Sequence[Tried]) -> bool:
    """Make the first change that was found by itself, and leave it; False if there is none."""
    named = {column.name: column for column in await columns_of(intruder, table)}
    for each in tried_before:
        what, _, column = each.what.partition(" ")
        if what == "change" and each.outcome is Outcome.DIFFERS:
            [row] = await rows_of(intruder, table, each.where, 1)
            manager = changed(intruder, table, row, named[column])
            try:
                await manager.__aenter__()  # and nothing puts it back
            except psycopg.errors.IntegrityError:
                continue
            return True
    return False


def _missed(found: Mapping[str, Sequence[Tried]]) -> list[Tried]:
    return [each for some in found.values() for each in some if each.outcome is not Outcome.DIFFERS]


def lines(found: Mapping[str, Sequence[Tried]], rolled: Rolled) -> Iterator[str]:
    """Yield the page."""
    every = sum(map(len, found.values()))
    missed = _missed(found)
    yield BEGINNING
    told = f"{every - len(missed):,} found, of {len(missed)} nothing can be said"
    yield f"{every:,} corruptions of {len(found)} tables: {told}."
    yield from ("", "| table | changed | deleted | added | found | unverifiable |", "|---|---|---|---|---|---|")
    for table, some in found.items():
        kinds = Counter(each.what.partition(" ")[0] for each in some)
        lost = sum(each.outcome is not Outcome.DIFFERS for each in some)
        yield f"| `{table}` | {kinds['change']} | {kinds['delete']} | {kinds['add']} | {len(some) - lost} | {lost} |"
    yield from ("", "## Of which nothing can be said", "", "| table | row | what | reason |", "|---|---|---|---|")
    for each in missed:
        reasons = ", ".join(each.reasons) or "there is no row left that anything could be held to"
        where = f"`{each.where}`" if each.table in VARIANTS else "any"
        yield f"| `{each.table}` | {where} | {each.what} | {reasons} |"
    yield from _left_out()
    yield from ("", "## Going round", "")
    yield f"One row of each of {len(rolled.wrong)} tables is wrong at once: a round of `audits.verify`"
    yield f"found {len(rolled.found)} of them. It was {rolled.seconds:.1f} s of work here. A round begins a day after"
    yield f"the last one, and takes that work divided by `jobs.verify_seconds_per_hour` ({SECONDS_PER_HOUR:g}):"
    yield f"{rolled.seconds / SECONDS_PER_HOUR:.1f} hours. See [how to audit](../howto/audit.md#all-the-time)."


def _left_out() -> Iterator[str]:
    yield from ("", "## Columns and tables that nothing compares", "", "| | reason |", "|---|---|")
    for audit in AUDITS:
        yield from (f"| `{audit.table}.{column}` | {why} |" for column, why in audit.unverified.items())
    yield from (f"| `{table}` | {why} |" for table, why in NO_AUDIT.items())


def main() -> int:
    """Print the page; exit with 1 if anything wrong was found by nothing."""
    parser = argparse.ArgumentParser(prog="bench.corruptions", description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    quiet_log()
    found, rolled = asyncio.run(measure(options.data_dir))
    sys.stdout.write("\n".join((*lines(found, rolled), "")))
    unlisted = {each[:3] for each in _missed(found)} ^ UNVERIFIABLE
    late = set(rolled.wrong) - set(rolled.found)
    sys.stderr.write("".join(f"found by nothing, and not listed: {each}\n" for each in sorted(unlisted)))
    sys.stderr.write("".join(f"not found by a round: {table}\n" for table in sorted(late)))
    return int(bool(unlisted or late))


if __name__ == "__main__":
    sys.exit(main())
