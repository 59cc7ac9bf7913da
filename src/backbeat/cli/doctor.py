"""`backbeat doctor`: what could keep Backbeat from working here, each with its cure."""

import ipaddress
import os
import platform
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from random import SystemRandom
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from backbeat.chain.node import NodeSettings, NodeSource
from backbeat.cli.connection import connect
from backbeat.cli.show import check_line, show
from backbeat.cli.verb import Json, print_json, verb
from backbeat.clock import SystemClock
from backbeat.db import address, installation, migrate, pool, server
from backbeat.db.sql import load
from backbeat.errors import BackbeatError, Exit
from backbeat.observe import figures, health
from backbeat.observe.changes import read_change_log
from backbeat.observe.tree import Check
from backbeat.settings import Loaded, Settings

PYTHON_MIN = (3, 11)
FREE_BYTES_MIN = 2_000_000_000  # one max_wal_size of the embedded server
SKEW_SECONDS_MAX = 2.0
TOKEN_CHARACTERS_MIN = 16

_ONE_CALL = NodeSettings(call_seconds=5.0, open_attempts=1)  # somebody waits for the answer

_SESSION = load(__package__, "doctor_session.sql")


@verb
async def doctor(loaded: Loaded, as_json: Json = False) -> int:
    """Check this machine, the settings, the database and the chain source. Exit status 1 when a check fails."""
    checks = [*_of_machine(loaded.settings), *[check async for check in _of_database(loaded)]]
    checks += [*_of_web(loaded.settings), await _source(loaded.settings)]
    healthy = all(check.ok for check in checks)
    if as_json:
        print_json({"healthy": healthy, "checks": checks})
    else:
        show(*(check_line(ok=each.ok, name=each.name, detail=each.detail, cure=each.cure) for each in checks))
    return Exit.OK if healthy else Exit.FAILURE


def _of_machine(settings: Settings) -> Iterator[Check]:
    yield Check(
        "python",
        ok=sys.version_info >= PYTHON_MIN,
        detail=f"{platform.python_implementation()} {platform.python_version()}.",
        cure="Install Python 3.11 or newer and set up again.",
    )
    folder = Path(settings.data_dir).absolute()
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    yield Check(
        "data directory",
        ok=existing.is_dir() and os.access(existing, os.W_OK | os.X_OK),
        detail=f"{folder}{'' if existing == folder else ', to be created'}.",
        cure="Give yourself the right to write there, or choose another with --data-dir.",
    )
    free = shutil.disk_usage(existing).free
    yield Check(
        "disk space",
        ok=free >= FREE_BYTES_MIN,
        detail=f"{figures.size(free)} free; at least {figures.size(FREE_BYTES_MIN)} are wanted.",
        cure="Make room, or choose another place with --data-dir.",
    )
    if not settings.database.url:
        yield _judged("postgresql programs", lambda: _programs(settings))


def _programs(settings: Settings) -> str:
    chosen = installation.choose(settings.database, Path(settings.data_dir))
    return f"PostgreSQL {chosen.major}, embedded."


async def _of_database(loaded: Loaded) -> AsyncIterator[Check]:
    try:
        async with connect(loaded, start=True) as conn:
            async for check in _of_session(loaded.settings, conn):
                yield check
    except BackbeatError as error:
        yield _failed("database", error)


async def _of_session(settings: Settings, conn: AsyncConnection[Any]) -> AsyncIterator[Check]:
    before = SystemClock().now()
    async with conn.cursor(row_factory=dict_row) as cursor:
        session = await (await cursor.execute(_SESSION)).fetchone() or {}
    middle = before + (SystemClock().now() - before) / 2
    info = await server.read_info(conn)
    yield Check("database", ok=True, detail=f"PostgreSQL {info.version} answers.")
    yield _writable(session)
    yield _judged("connections", lambda: _limits(settings, info))
    if info.pooled:
        yield _pooler(settings)
    yield Check(
        "encoding",
        ok=session["encoding"] == "UTF8",
        detail=f"The database is in {session['encoding']}.",
        cure="Create it again with ENCODING 'UTF8'; titles and bios need it.",
    )
    yield Check(
        "time zone",
        ok=session["timezone"] == "UTC",
        detail=f"Sessions are in {session['timezone']}.",
        cure="Something between us and the server does not keep a session's time zone; "
        "ALTER DATABASE ... SET timezone = 'UTC'.",
    )
    skew = abs((session["now"] - middle).total_seconds())
    yield Check(
        "clock",
        ok=skew <= SKEW_SECONDS_MAX,
        detail=f"The database's clock and ours differ by {figures.span(skew)}.",
        cure="Synchronise both machines with NTP; ages and lags are wrong by this much.",
    )
    try:
        await migrate.verify(conn)
    except BackbeatError as error:
        yield _failed("migrations", error)
    else:
        yield Check("migrations", ok=True, detail="All are applied.")
        yield health.check_change_log(await read_change_log(conn))


def _writable(session: Mapping[str, Any]) -> Check:
    if session["is_standby"]:
        detail = "The server is a standby: it can only be read."
        cure = (
            "Name the primary in --database, or promote this one; of several hosts in the address the primary is taken."
        )
    elif session["is_read_only"]:
        detail = "Sessions can only read: default_transaction_read_only is on."
        cure = (
            "See who set it, on the server, the database or the role: providers do when a disk is full. "
            "ALTER DATABASE ... RESET default_transaction_read_only."
        )
    else:
        return Check("writable", ok=True, detail="The server takes writes.")
    return Check("writable", ok=False, detail=detail, cure=cure)


def _pooler(settings: Settings) -> Check:
    is_prepared = settings.database.prepared_statements == "on"
    return Check(
        "pooler",
        ok=not is_prepared,
        detail=f"A transaction pooler stands between; statements are {'' if is_prepared else 'not '}prepared.",
        cure="Unless it is PgBouncer 1.21 or newer with max_prepared_statements above 0, "
        'set database.prepared_statements to "auto".',
    )


def _limits(settings: Settings, info: server.ServerInfo) -> str:
    asked = address.parse(settings.database.url).pool_max_conns if settings.database.url else 0
    sizes = {name: lane.connections_max for name, lane in pool.plan(settings.database, asked).items()}
    server.check_limits(info, sizes)
    whose = "its pooler" if info.pooled else "the server"
    admitted = "decides what it admits" if info.pooled else f"admits {info.connections_max}"
    return f"The pools open at most {sum(sizes.values())}; {whose} {admitted}."


def _of_web(settings: Settings) -> Iterator[Check]:
    web = settings.web
    if not web.enabled:
        return
    cure = f"Set web.token to at least {TOKEN_CHARACTERS_MIN} random characters, or web.host to 127.0.0.1."
    if _is_loopback(web.host):
        yield Check("web token", ok=True, detail=f"The page is at {web.host}, for this machine only.")
    elif not web.token:
        yield Check(
            "web token", ok=False, detail=f"The page at {web.host} is open to others; no token is set.", cure=cure
        )
    else:
        is_long = len(web.token) >= TOKEN_CHARACTERS_MIN
        yield Check("web token", ok=is_long, detail="Operator actions need a token.", cure=cure)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _source(settings: Settings) -> Check:
    return await _SOURCES[settings.chain.source](settings)


async def _simulator(_: Settings) -> Check:
    return Check("chain source", ok=True, detail="The simulator needs nothing.")


async def _recording(settings: Settings) -> Check:
    path = Path(settings.chain.recording)
    return Check(
        "chain source",
        ok=bool(settings.chain.recording) and os.access(path, os.R_OK),
        detail=f"The recording {settings.chain.recording or '(none)'}.",
        cure="Set chain.recording to a recording that you can read.",
    )


async def _node(settings: Settings) -> Check:
    chain, clock = settings.chain, SystemClock()
    node = NodeSource(chain.node_url, chain_id=chain.chain_id, settings=_ONE_CALL, clock=clock, random=SystemRandom())
    try:
        await node.open()
        head = await node.head()
    except BackbeatError as error:
        return _failed("chain source", error)
    finally:
        await node.close()
    height = f"block {figures.count(head.height)}" if head else "no block yet"
    return Check("chain source", ok=True, detail=f"The node answers: {node.chain_id}, {height}.")


_SOURCES = {"simulator": _simulator, "recording": _recording, "node": _node}


def _judged(name: str, judge: Callable[[], str]) -> Check:
    try:
        return Check(name, ok=True, detail=judge())
    except BackbeatError as error:
        return _failed(name, error)


def _failed(name: str, error: BackbeatError) -> Check:
    return Check(name, ok=False, detail=error.message, cure=error.cure)
