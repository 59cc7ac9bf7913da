"""What a running indexer pays for being watched: its commits with `backbeat watch` beside them and without.

``python -m bench.watching --rate 50 --seconds 30``. A scripted indexer of the network's kind writes so many
transactions a second. First it is alone, then it is watched, then it is alone again: how far the two alone differ is
the noise of the machine. Our database stands still meanwhile, so all that is written differs and is looked at again,
as often as ever. Processor time is that of the session that looks, beside that of all processes of the server.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from foreign_database import make_foreign
from foreign_database.writers import ForeignWriter
from integration.adopt.beside import writers
from integration.adopt.conftest import index_up_to
from integration.index.test_splits import history
from rich.console import Console
from rich.table import Table

from backbeat.watch.side import APPLICATION
from bench.jobs_beside import Latency, phase
from bench.meter import process_seconds, server_seconds
from bench.programs import environ
from bench.quiet_log import quiet_log
from bench.server import Server, connect, running

WARM_SECONDS = 3.0  # of a comparison, from its start
END_SECONDS = 30.0
SESSIONS = "SELECT pid FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()"
ROWS = "SELECT coalesce(sum(rows), 0) FROM backbeat.watch_rounds"


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """One phase."""

    name: str
    """Alone, or watched."""
    commits: Latency
    """What the indexer's transactions took."""
    server_percent: float
    """Processor time of all the server's processes, of one processor."""
    session_percent: float = 0.0
    """That of the session which looks there."""
    rows_per_second: float = 0.0
    """Keys that were looked at."""


async def measure(place: Path, *, rate: float, seconds: float, say: Callable[[str], None]) -> list[Phase]:
    """Measure on a server of its own under ``place``, which has both databases."""
    async with running(place) as server, server.database() as ours, server.database() as theirs:
        for url in (ours, theirs):
            await index_up_to(url, len(history(1)))
        make_foreign(theirs)
        found = []
        with writers(theirs, "theirs") as [writer]:
            for name in ("alone", "watched", "alone again"):
                say(name)
                if name == "watched":
                    async with _watching(ours, theirs) as session:
                        found.append(await _phase(server, theirs, writer, rate, seconds, name, (ours, session)))
                else:
                    found.append(await _phase(server, theirs, writer, rate, seconds, name))
    return found


async def _phase(
    server: Server,
    theirs: str,
    writer: ForeignWriter,
    rate: float,
    seconds: float,
    name: str,
    watched: tuple[str, int] | None = None,
) -> Phase:
    session = watched[1] if watched else 0
    spent, looked, rows = server_seconds(server.pid), process_seconds(session), await _rows(watched)
    commits = await phase(theirs, writer, [], rate, seconds)
    return Phase(
        name=name,
        commits=commits,
        server_percent=100 * (server_seconds(server.pid) - spent) / seconds,
        session_percent=100 * (process_seconds(session) - looked) / seconds if session else 0.0,
        rows_per_second=(await _rows(watched) - rows) / seconds,
    )


async def _rows(watched: tuple[str, int] | None) -> int:
    if watched is None:
        return 0
    async with await connect(watched[0]) as connection:
        [(rows,)] = await (await connection.execute(ROWS)).fetchall()
    return int(rows)


@asynccontextmanager
async def _watching(ours: str, theirs: str) -> AsyncIterator[int]:
    """Run `backbeat watch` as a process of its own; yield the server's process of its session there."""
    command = [sys.executable, "-m", "backbeat", "watch", "--database", theirs, "--into", ours]
    process = await asyncio.create_subprocess_exec(*command, env=environ(), stdout=asyncio.subprocess.DEVNULL)
    try:
        yield await _session(theirs)
        if process.returncode is not None:
            raise RuntimeError(f"the comparison ended with {process.returncode}")
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), END_SECONDS)


async def _session(theirs: str) -> int:
    async with await connect(theirs) as connection:
        for _ in range(int(END_SECONDS)):
            await asyncio.sleep(WARM_SECONDS)
            found = await (await connection.execute(SESSIONS, [APPLICATION])).fetchall()
            if found:
                return int(found[0][0])
    raise RuntimeError("no session of the comparison is there")


def table(found: list[Phase]) -> Table:
    """Return the figures for people."""
    shown = Table(title="an indexer that is watched", title_justify="left", title_style="bold")
    shown.add_column("")
    for each in found:
        shown.add_column(each.name, justify="right")
    lines: list[tuple[str, Callable[[Phase], float]]] = [
        ("transactions a second", lambda each: each.commits.per_second),
        ("p50, ms", lambda each: each.commits.p50_ms),
        ("p99, ms", lambda each: each.commits.p99_ms),
        ("slowest, ms", lambda each: each.commits.most_ms),
        ("server, % of a processor", lambda each: each.server_percent),
        ("of it the session that looks", lambda each: each.session_percent),
        ("keys looked at a second", lambda each: each.rows_per_second),
    ]
    for what, figure in lines:
        shown.add_row(what, *(f"{figure(each):,.2f}" for each in found))
    return shown


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m bench.watching", description=__doc__)
    parser.add_argument("--rate", type=float, default=50.0, help="transactions of the indexer a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each of the three phases takes")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--data-dir", type=Path, default=Path(tempfile.gettempdir()), help="where the server's files go"
    )
    options = parser.parse_args()
    quiet_log()
    errors = Console(stderr=True)
    found = asyncio.run(measure(options.data_dir, rate=options.rate, seconds=options.seconds, say=errors.print))
    if options.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found)).decode() + "\n")
    else:
        Console().print(table(found))


if __name__ == "__main__":
    main()
