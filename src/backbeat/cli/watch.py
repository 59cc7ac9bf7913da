"""`backbeat watch`: derive beside a running indexer and compare with its database, in which nothing is written."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Annotated, Any

import msgspec
import typer
from psycopg import AsyncConnection
from rich.console import RenderableType
from rich.text import Text

from backbeat.app import Options
from backbeat.app import up as run_everything
from backbeat.cli.chain import SourceOptions, with_source
from backbeat.cli.connection import database_url
from backbeat.cli.show import show, table, toned
from backbeat.cli.stopping import until_signalled
from backbeat.cli.usage import finite
from backbeat.cli.verb import Json, print_json, verb
from backbeat.cli.watcher import make_watcher
from backbeat.clock import SystemClock
from backbeat.db import address, kind
from backbeat.db.failures import translated
from backbeat.db.kind import DatabaseKind
from backbeat.db.migrate import migrate
from backbeat.errors import ArgumentError, Exit, UnfitDatabaseError
from backbeat.observe import figures
from backbeat.observe.logs import visible
from backbeat.observe.watched import NOT_COMPARED, DifferenceGroup, Verdict, WatchStatus, read_watch
from backbeat.service import beside, until
from backbeat.settings_layers import Loaded
from backbeat.watch.side import APPLICATION, Side
from backbeat.watch.store import Store
from backbeat.watch.watching import Watch

TELL_SECONDS = 60.0  # between two sentences, while nothing changes that they tell
CLOCK = SystemClock()

STATUSES = {
    Verdict.EQUAL: Exit.OK,
    Verdict.DIFFERENT: Exit.FAILURE,
    Verdict.WAITING: Exit.UNVERIFIED,
    Verdict.BEGUN: Exit.UNVERIFIED,
}

Into = Annotated[
    str | None,
    typer.Option(help="PostgreSQL address of a database of ours; without it, an embedded server.", show_default=False),
]
Once = Annotated[bool, typer.Option("--once", help="Compare everything once, tell what was found, and end.")]
Rate = Annotated[
    float,
    typer.Option(callback=finite, min=1, max=1_000_000, help="Rows that are looked at there in a second, at most."),
]
Seconds = Annotated[
    float, typer.Option(callback=finite, min=1, max=604_800, help="With --once: how long all of it may take.")
]


@verb
async def watch(
    loaded: Loaded,
    source: SourceOptions,
    into: Into = None,
    once: Once = False,
    rows_per_second: Rate = 500.0,
    seconds: Seconds = 86_400.0,
    as_json: Json = False,
) -> int:
    """Compare a running indexer's database with one of ours that follows the same chain; nothing is written there."""
    watched = _watched(loaded)
    ours = msgspec.structs.replace(
        loaded,
        settings=msgspec.structs.replace(
            loaded.settings, database=msgspec.structs.replace(loaded.settings.database, url=into or "")
        ),
    )
    stop = until_signalled()
    async with database_url(ours, start=True) as url, _following(ours, source, url, stop), _session(url) as session:
        here, there = Side(url, CLOCK, is_ours=True), Side(watched, CLOCK, is_ours=False)
        try:
            with translated():
                await _fit(there)
                if _is_named(source):
                    await until(_first_block(here), stop)
                comparing = Watch(
                    here, there, Store(session), database=_named(watched), clock=CLOCK, rows_per_second=rows_per_second
                )
                await comparing.begin()
            if once:
                await until(_once(comparing, seconds), stop)
            else:
                await _until_stopped(comparing, session, stop, as_json=as_json)
            found = await read_watch(session)
        finally:
            await here.close()
            await there.close()
    return _told(found, as_json=as_json)


def _watched(loaded: Loaded) -> str:
    if not loaded.settings.database.url:
        raise ArgumentError(
            "watch_without_database",
            "No database is named that should be watched.",
            cure="Name the running indexer's with --database, and one of ours with --into.",
        )
    return loaded.settings.database.url


def _named(url: str) -> str:
    """Return a database's name, and what tells its server from others; the page is no place for its address."""
    parameters = address.parse(url).parameters
    server = sha256(f"{parameters.get('host', '')}:{parameters.get('port', 5432)}".encode()).hexdigest()
    return f"{parameters.get('dbname', '')} ({server[:6]})"


@asynccontextmanager
async def _following(ours: Loaded, source: SourceOptions, url: str, stop: asyncio.Event) -> AsyncIterator[None]:
    """Follow the chain in our database meanwhile, where a source is named."""
    if not _is_named(source):
        yield
        return
    chosen = with_source(ours, source)
    await migrate(url, clock=CLOCK)
    running = run_everything(url, chosen.settings, Options(), make_watcher(as_json=True), stop, CLOCK)
    async with beside(_stopping(running, stop)) as task:
        yield
        stop.set()
        await asyncio.wait([task])
        task.result()


async def _stopping(work: Awaitable[Any], stop: asyncio.Event) -> None:
    """Await work, and have all else stop when it ends."""
    try:
        await work
    finally:
        stop.set()


def _is_named(source: SourceOptions) -> bool:
    return bool(source.node or source.recording or source.simulate)


async def _first_block(here: Side) -> bool:
    while await here.read_cursor() is None:
        await CLOCK.sleep(1.0)
    return True


@asynccontextmanager
async def _session(url: str) -> AsyncIterator[AsyncConnection[Any]]:
    with translated():
        async with await address.connect(address.parse(url), APPLICATION, statement_timeout="30s") as connection:
            await kind.require_own(connection)
            yield connection


async def _fit(there: Side) -> None:
    """Raise UnfitDatabaseError where there is nothing of another indexer to be watched."""
    found = await kind.look(await there.session())
    if found.kind == DatabaseKind.FOREIGN:
        return
    if found.kind == DatabaseKind.EMPTY:
        raise UnfitDatabaseError(
            "watched_is_empty",
            f"The database {found.database!r}, which should be watched, has none of the network's tables.",
            cure="Name the running indexer's database with --database.",
        )
    raise UnfitDatabaseError(
        "watched_is_ours",
        f"The database {found.database!r}, which should be watched, is one of Backbeat's.",
        cure="Name the running indexer's with --database and ours with --into. Two of ours are compared by "
        "`backbeat digest compare`.",
    )


async def _once(comparing: Watch, seconds: float) -> bool:
    with translated():
        await comparing.once(seconds_max=seconds)
    return True


async def _until_stopped(
    comparing: Watch, session: AsyncConnection[Any], stop: asyncio.Event, *, as_json: bool
) -> None:
    """Compare until asked to stop, and tell how it stands when that changes, or once a minute."""
    async with beside(comparing.forever(stop)) as work:
        told, at = "", float("-inf")
        while not stop.is_set() and not work.done():
            found = await read_watch(session)
            if found is not None and (found.verdict != told or CLOCK.monotonic() - at >= TELL_SECONDS):
                told, at = found.verdict, CLOCK.monotonic()
                if not as_json:
                    show(visible(found.sentence))
            await until(CLOCK.sleep(1.0), stop)
        if not work.done():
            await asyncio.wait([work])
        work.result()


def _told(found: WatchStatus | None, *, as_json: bool) -> int:
    if found is None:
        return Exit.UNVERIFIED
    if as_json:
        print_json({"verdict": found.verdict, "sentence": found.sentence, "watch": found, "not_compared": NOT_COMPARED})
    else:
        show(*_lines(found))
    return STATUSES[found.verdict]


def _lines(found: WatchStatus) -> list[RenderableType]:
    rows = [
        (each.subject, each.kind, figures.count(each.rows), each.suspicion, _example(each))
        for each in found.differences
    ]
    lines: list[RenderableType] = []
    if rows:
        lines.append(table(("Of", "How", "Rows", "Suspected cause", "The latest, here / there"), rows, right=("Rows",)))
    lines += [Text(visible(f"{each.subject} was left out: {each.problem}")) for each in found.problems]
    lines += [Text(f"Not compared are {what}: {why}.", style="dim") for what, why in NOT_COMPARED.items()]
    tone = "good" if found.verdict == Verdict.EQUAL else "bad" if found.verdict == Verdict.DIFFERENT else "busy"
    return [*lines, toned(found.sentence, tone)]


def _example(found: DifferenceGroup) -> str:
    key = ", ".join(found.key)
    if found.here is None or found.there is None:
        return key
    pairs = zip(found.columns, found.here, found.there, strict=True)
    return f"{key}: " + ", ".join(f"{name} {here} / {there}" for name, here, there in pairs)
