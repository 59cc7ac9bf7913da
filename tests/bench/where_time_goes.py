"""Where the time of catching up goes: py-spy looks at this side, pg_stat_activity at the server's."""

import asyncio
import re
import sysconfig
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from bench.chains import Chain, simulated
from bench.figure import Figure
from bench.replay import replay_elsewhere
from bench.scope import Scope
from bench.server import connect

PY_SPY = str(Path(sysconfig.get_path("scripts")) / "py-spy")
LOOKS_PER_SECOND = 200

STAGES: Sequence[tuple[str, str]] = (
    ("start-up", r"importlib|open_lanes|describe"),
    ("signatures", r"Verifier.recover"),
    ("decode", r"_decode_chunk"),
    ("read the file", r"FileSource|frames.py"),
    ("fetch ahead", r"Ahead\."),
    ("load rows", r"\bLoader\.|State.fill|Table.to_row"),
    ("parse payloads", r"Batch.__init__|Batch.wants|wants"),
    ("apply", r"Batch\."),
    ("COPY plays", r"write_plays|insert_plays"),
    ("merge rows", r"write_rows"),
    ("number and write blocks", r"number_blocks|write_blocks|Opening\."),
    ("count outcomes, keep refusals", r"write_outcomes"),
    ("move the cursor, commit", r"advance|Lease\.|Transaction|Writer\._commit"),
)
"""The first whose pattern is found in a stack names it; the rest is the event loop's and the threads' own."""

IDLE = r"(EpollSelector.select|_worker \([^)]*:\d+\))[^;]*$"
"""Innermost frames that wait: the event loop for something to happen, a pool's thread for work."""

STATEMENTS: Sequence[tuple[str, str]] = (
    ("COPY plays, with its triggers", r"^COPY plays|INSERT INTO plays "),
    ("load rows", r"^SELECT \"r\""),
    ("merge rows, with their triggers", r"^(INSERT INTO|DELETE FROM) \"|^SELECT coalesce\(max\(id\)"),
    ("number and write blocks", r"INTO (core_indexed_)?blocks|FROM blocks"),
    ("count outcomes, keep refusals", r"transaction_counts|rejected_transactions"),
    ("move the cursor, fence", r"backbeat\.(cursor|leases)"),
    ("commit", r"^COMMIT"),
)
LOOK = """
    SELECT state, query FROM pg_stat_activity
    WHERE application_name = 'backbeat/indexing' AND datname = current_database() AND state <> 'idle'
"""
FUNCTIONS = "SELECT funcname, total_time FROM pg_stat_user_functions ORDER BY total_time DESC"


VIEWS = {"holding the interpreter": ("--gil",), "running, native code included": ()}


async def where_time_goes(scope: Scope) -> list[Figure]:
    """Index one chain under both observers; only shares mean something, for being watched costs time."""
    chain = simulated(scope.size(60_000, 400), 2)
    figures: list[Figure] = []
    server: Counter[str] = Counter()
    triggers: defaultdict[str, list[float]] = defaultdict(list)
    for name, only in VIEWS.items():
        async with scope.server.database() as url, await connect(url) as watcher:
            database = Identifier(watcher.info.dbname)
            await watcher.execute(SQL("ALTER DATABASE {} SET track_functions = 'pl'").format(database))
            stacks = await _observed(chain, url, watcher, server, only)
            for function, spent in await (await watcher.execute(FUNCTIONS)).fetchall():
                triggers[function].append(spent)
        figures += _shares(f"ours, {name}", _by_stage(stacks))
    figures += _shares("the server's session", server)
    return figures + [Figure(f"trigger {function}", "ms", spent) for function, spent in triggers.items()]


async def _observed(
    chain: Chain, url: str, watcher: AsyncConnection[Any], server: Counter[str], only: Sequence[str]
) -> str:
    watching = asyncio.create_task(_watch(watcher, server))
    with TemporaryDirectory() as folder:
        stacks = Path(folder) / "stacks"
        rate = ("-r", str(LOOKS_PER_SECOND))
        try:
            await replay_elsewhere(chain, url, PY_SPY, "record", *only, *rate, "-f", "raw", "-o", stacks, "--")
        finally:
            watching.cancel()
            await asyncio.wait([watching])
        return stacks.read_text(encoding="utf-8")


async def _watch(watcher: AsyncConnection[Any], seen: Counter[str]) -> None:
    while True:
        for state, query in await (await watcher.execute(LOOK)).fetchall():
            seen[_first(STATEMENTS, query) if state == "active" else "waits for us"] += 1
        await asyncio.sleep(1 / LOOKS_PER_SECOND)


def _by_stage(stacks: str) -> Counter[str]:
    """Sum up the samples of threads that did something; each line is a stack, outermost first, and its count."""
    seen: Counter[str] = Counter()
    for line in stacks.splitlines():
        stack, _, count = line.rpartition(" ")
        if not re.search(IDLE, stack):
            seen[_first(STAGES, stack)] += int(count)
    return seen


def _first(patterns: Sequence[tuple[str, str]], text: str) -> str:
    return next((name for name, pattern in patterns if re.search(pattern, text)), "everything else")


def _shares(title: str, seen: Counter[str]) -> list[Figure]:
    total = max(1, seen.total())
    return [Figure(f"{title}: {name}", "%", [100 * count / total]) for name, count in seen.most_common()]
