"""`backbeat doctor`: what could keep Backbeat from working here, each with its cure."""

import ipaddress
import os
import platform
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from random import SystemRandom
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from backbeat.api.operator import TOKEN_CHARACTERS_MIN
from backbeat.chain.answer import AnswerCheck
from backbeat.chain.native import installed_reader
from backbeat.chain.node import NodeSource
from backbeat.chain.node_settings import NodeSettings
from backbeat.chain.sequence import Chains
from backbeat.cli.connection import connect
from backbeat.cli.doctor_chain import of_chain
from backbeat.cli.doctor_database import of_database
from backbeat.cli.doctor_delists import of_delists
from backbeat.cli.doctor_nodes import of_content_nodes
from backbeat.cli.doctor_server import of_server
from backbeat.cli.doctor_sets import of_sets
from backbeat.cli.doctor_slots import of_slots
from backbeat.cli.doctor_tables import of_tables
from backbeat.cli.show import check_lines, show
from backbeat.cli.verb import Json, print_json, verb
from backbeat.clock import SystemClock
from backbeat.db import address, installation, kind, lanes, migrate, server
from backbeat.db.kind import DatabaseKind
from backbeat.db.query import one
from backbeat.db.sql import load
from backbeat.errors import BackbeatError, Exit
from backbeat.index.guard import WRITTEN_TABLES
from backbeat.index.sources import chains_of
from backbeat.observe import figures, health
from backbeat.observe.audits import read_audits
from backbeat.observe.changes import read_change_log
from backbeat.observe.others import of_others
from backbeat.observe.pruned import read_pruned
from backbeat.observe.tree import Advice, Check
from backbeat.settings import Settings
from backbeat.settings_layers import Loaded

PYTHON_MIN = (3, 11)
FREE_BYTES_MIN = 2_000_000_000  # one max_wal_size of the embedded server
SKEW_SECONDS_MAX = 2.0

_ONE_CALL = NodeSettings(call_seconds=5.0, open_attempts=1)  # an operator waits for the answer

_SESSION = load(__package__, "doctor_session.sql")


@verb
async def doctor(loaded: Loaded, as_json: Json = False) -> int:
    """Check this machine, the settings, the database and the chain source. Exit status 1 when a check fails."""
    checks = [judge(loaded.settings) for judge in OF_MACHINE]
    checks += [check async for check in _of_database(loaded)]
    checks += [*_of_web(loaded.settings), await _source(loaded.settings), *_node_settings(loaded.settings)]
    checks += await of_content_nodes(loaded.settings, SystemClock())
    healthy = all(check.ok for check in checks)
    if as_json:
        print_json({"healthy": healthy, "checks": checks})
    else:
        show(*map(check_lines, checks))
    return Exit.OK if healthy else Exit.FAILURE


def _python(_: Settings) -> Check:
    return Check(
        "python",
        ok=sys.version_info >= PYTHON_MIN,
        detail=f"{platform.python_implementation()} {platform.python_version()}.",
        cure="Install Python 3.11 or newer and set up again.",
    )


def _data_directory(settings: Settings) -> Check:
    folder, existing = _folders(settings)
    return Check(
        "data directory",
        ok=existing.is_dir() and os.access(existing, os.W_OK | os.X_OK),
        detail=f"{folder}{'' if existing == folder else ', to be created'}.",
        cure="Give yourself the right to write there, or choose another with --data-dir.",
    )


def _disk_space(settings: Settings) -> Check:
    free = shutil.disk_usage(_folders(settings)[1]).free
    return Check(
        "disk space",
        ok=free >= FREE_BYTES_MIN,
        detail=f"{figures.size(free)} free; at least {figures.size(FREE_BYTES_MIN)} are wanted.",
        cure="Make room, or choose another place with --data-dir.",
    )


def _programs(settings: Settings) -> Check:
    if settings.database.url:
        return Check("postgresql programs", ok=True, detail="None are needed: the database is elsewhere.")
    return _judged("postgresql programs", lambda: _chosen(settings))


def _chosen(settings: Settings) -> str:
    chosen = installation.choose(settings.database, Path(settings.data_dir))
    return f"PostgreSQL {chosen.major}, embedded."


def _blocks_reader(settings: Settings) -> Check:
    if not settings.chain.native:
        return Check("blocks reader", ok=True, detail="Python: chain.native is false.")
    if installed_reader() is None:
        return Check("blocks reader", ok=True, detail="Python: no backbeat-native of this version is installed.")
    return Check("blocks reader", ok=True, detail="backbeat-native.")


def _folders(settings: Settings) -> tuple[Path, Path]:
    """Return the data directory, and as much of its path as exists."""
    folder = Path(settings.data_dir).absolute()
    return folder, next(place for place in (folder, *folder.parents) if place.exists())


OF_MACHINE: tuple[Callable[[Settings], Check], ...] = (
    _python,
    _data_directory,
    _disk_space,
    _programs,
    _blocks_reader,
)


class SessionFacts(NamedTuple):
    """What a session on the database tells."""

    settings: Settings
    info: server.ServerInfo
    skew_seconds: float
    is_standby: bool


async def _of_database(loaded: Loaded) -> AsyncIterator[Check]:
    try:
        async with connect(loaded, start=True, any_kind=True) as connection:
            session = await _session(loaded.settings, connection)
            for judge in OF_SESSION:
                if (check := judge(session)) is not None:
                    yield check
            for ask in OF_CONNECTION:
                for check in await ask(connection, loaded.settings):
                    yield check
    except BackbeatError as error:
        yield _failed("database", error)


async def _session(settings: Settings, connection: AsyncConnection[Any]) -> SessionFacts:
    before = SystemClock().now()
    found = await one(connection, dict, _SESSION)
    middle = before + (SystemClock().now() - before) / 2
    skew = abs((found["now"] - middle).total_seconds())
    return SessionFacts(
        settings,
        await server.read_info(connection),
        skew_seconds=skew,
        is_standby=found["is_standby"],
    )


def _answers(session: SessionFacts) -> Check:
    return Check("database", ok=True, detail=f"PostgreSQL {session.info.version} answers.")


def _address(session: SessionFacts) -> Check | None:
    url = session.settings.database.url
    ignored_parameters = address.parse(url).ignored_parameters if url else ()
    if not ignored_parameters:
        return None
    return Advice(
        "database address",
        ok=True,
        detail=f"{', '.join(ignored_parameters)}: passed over, they speak to another driver.",
        cure="Leave them out; see database.* in `backbeat settings` for ours.",
    )


def _connections(session: SessionFacts) -> Check:
    return _judged("connections", lambda: _limits(session.settings, session.info))


def _encoding(session: SessionFacts) -> Check:
    return _judged("encoding and triggers", lambda: _fit(session.info))


def _fit(info: server.ServerInfo) -> str:
    server.check_database(info)
    return f"The database is in {info.encoding}, and triggers run in our sessions."


def _clock(session: SessionFacts) -> Check:
    return Check(
        "clock",
        ok=session.skew_seconds <= SKEW_SECONDS_MAX,
        detail=f"The database's clock and ours differ by {figures.span(session.skew_seconds)}.",
        cure="Synchronise both machines with NTP; ages and lags are wrong by this much.",
    )


async def _tables(connection: AsyncConnection[Any], settings: Settings) -> Iterable[Check]:
    found = await kind.look(connection)
    of_kind = await of_database(connection, found)
    if found.kind is not DatabaseKind.OWN:
        return of_kind
    try:
        await migrate.verify(connection)
    except BackbeatError as error:
        return [*of_kind, _failed("migrations", error)]
    return [
        *of_kind,
        Check("migrations", ok=True, detail="All are applied."),
        *await of_others(connection, WRITTEN_TABLES),
        *await of_chain(connection, settings),
        health.check_change_log(await read_change_log(connection)),
        *await of_slots(connection),
        *await of_sets(connection, settings),
        *await of_delists(connection, settings),
        health.check_plays(await read_pruned(connection)),
        health.check_audits(await read_audits(connection)),
    ]


def _writable(session: SessionFacts) -> Check:
    if not session.is_standby:
        return Check("writable", ok=True, detail="The server takes writes.")
    return Check(
        "writable",
        ok=False,
        detail="The server is a standby: it can only be read.",
        cure="Name the primary in --database, or promote this one. Of several hosts in an address the primary is "
        "taken.",
    )


def _pooler(session: SessionFacts) -> Check | None:
    if not session.info.pooled:
        return None
    is_prepared = session.settings.database.prepared_statements == "on"
    return Check(
        "pooler",
        ok=not is_prepared,
        detail=f"A transaction pooler stands between; statements are {'' if is_prepared else 'not '}prepared.",
        cure="Unless it is PgBouncer 1.21 or newer with max_prepared_statements above 0, "
        'set database.prepared_statements to "auto".',
    )


OF_SESSION: tuple[Callable[[SessionFacts], Check | None], ...] = (
    _answers,
    _writable,
    _address,
    _connections,
    _pooler,
    _encoding,
    _clock,
)


async def _server(connection: AsyncConnection[Any], settings: Settings) -> Iterable[Check]:
    """Judge what the server gives to a session that sets nothing for itself: a session of ours would see its own."""
    same: dict[str, Any] = {**connection.info.get_parameters(), "password": connection.info.password, "options": ""}
    async with await AsyncConnection.connect(autocommit=True, **same) as plain:
        return await of_server(plain, sum(_pools(settings).values()))


async def _maintenance(connection: AsyncConnection[Any], _settings: Settings) -> Iterable[Check]:
    return await of_tables(connection)


OF_CONNECTION: tuple[Callable[[AsyncConnection[Any], Settings], Awaitable[Iterable[Check]]], ...] = (
    _tables,
    _server,
    _maintenance,
)


def _pools(settings: Settings) -> dict[str, int]:
    asked = address.parse(settings.database.url).pool_max_conns if settings.database.url else 0
    return {name: lane.connections_max for name, lane in lanes.plan(settings.database, asked).items()}


def _limits(settings: Settings, info: server.ServerInfo) -> str:
    sizes = _pools(settings)
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


def _node_settings(settings: Settings) -> Iterator[Check]:
    chain = settings.chain
    if chain.source != "node":
        return
    if chain.witness_url and chain.witness_url.rstrip("/").lower() == chain.node_url.rstrip("/").lower():
        yield Advice(
            "witness",
            ok=True,
            detail="chain.witness_url is chain.node_url: a node agrees with itself whatever it serves.",
            cure="Name a node that does not depend on it, or leave it empty.",
        )
    if not chain.verifier_address:
        yield Advice(
            "verifier",
            ok=True,
            detail="chain.verifier_address is empty: nobody may verify users.",
            cure="Set it to the network's address; meanwhile each verification is rejected, and stays so.",
        )


async def _simulator(_: Settings) -> Check:
    return Check("chain source", ok=True, detail="The simulator needs nothing.")


async def _recording(settings: Settings) -> Check:
    chain = settings.chain
    of_chains = [chain.recording_of.get(chain_id, chain.recording) for chain_id in chains_of(settings).ids]
    files = list(dict.fromkeys(of_chains or [chain.recording]))
    return Check(
        "chain source",
        ok=all(file and os.access(file, os.R_OK) for file in files),
        detail=f"The recording {', '.join(file or '(none)' for file in files)}.",
        cure="Set chain.recording to a recording that you can read.",
    )


async def _node(settings: Settings) -> Check:
    """Ask the node of each chain that is listed; a node may be on any of them."""
    chain = settings.chain
    try:
        chains = chains_of(settings)
        urls = dict.fromkeys(chain.node_url_of.get(chain_id, chain.node_url) for chain_id in chains.ids or ("",))
        told = [await _answer(url, chains) for url in urls]
    except BackbeatError as error:
        return _failed("chain source", error)
    return Check("chain source", ok=True, detail=" ".join(told))


async def _answer(url: str, chains: Chains) -> str:
    """Return what a node says; raises ChainDataError if its chain is none of those listed."""
    node = NodeSource(url, settings=_ONE_CALL, clock=SystemClock(), random=SystemRandom())
    try:
        await node.open()
        if chains.spans and node.chain_id not in chains.ids:
            raise AnswerCheck(url, chains.ids[-1]).other_chain(node.chain_id)
        head = await node.head()
    finally:
        await node.close()
    height = f"block {figures.count(head.height)}" if head else "no block yet"
    return f"The node answers: {node.chain_id}, {height}."


_SOURCES = {"simulator": _simulator, "recording": _recording, "node": _node}


def _judged(name: str, judge: Callable[[], str]) -> Check:
    try:
        return Check(name, ok=True, detail=judge())
    except BackbeatError as error:
        return _failed(name, error)


def _failed(name: str, error: BackbeatError) -> Check:
    return Check(name, ok=False, detail=error.message, cure=error.cure)
