"""Where pages are played: a network that is being indexed, files and nodes, a server of one's own."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Protocol
from unittest.mock import patch
from urllib.parse import urlsplit

import psycopg
from clusters import cluster_folder, server, tcp_url
from foreign_database import make_foreign
from foreign_database.indexer import index_block
from integration.adopt.audience import PATIENCE
from integration.adopt.conftest import HANDED_OVER, index_up_to
from processes import eventually, free_port
from psycopg import AsyncConnection
from shared_dir import SHARED

from backbeat.cli import adopt
from backbeat.clock import SystemClock
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.migrate import migrate
from pages.playing import Scene, is_up
from pages.program import Going, typed
from pages.stages import COMPARED_AT, FILES, NETWORK, SERVER

BLOCKS = 120
"""How long the simulated chain of :func:`a_network` is when it begins."""
BLOCKS_OF_PAGES = 600
"""How long it is where people try it."""
FEW_BLOCKS = 40
STRANGERS = 5_000_000  # users whom nobody follows yet, nor they anyone
UNDER_WAY = b"""
    SELECT FROM backbeat.jobs WHERE deferred_since IS NOT NULL OR runs + ticks_since_run = 0
    UNION ALL
    SELECT FROM backbeat.job_runs WHERE name = 'user_listening_history' HAVING count(*) < 3
"""
TOKEN = "a-token-of-the-operator"  # noqa: S105 - of the scene


def _environ(blocks: int = FEW_BLOCKS) -> dict[str, str]:
    return {"BACKBEAT_SIMULATOR_BACKLOG_BLOCKS": str(blocks), "BACKBEAT_WEB_PORT": str(free_port())}


@contextmanager
def a_network(blocks: int = BLOCKS) -> Iterator[Scene]:
    """``make run``, at the tip."""
    with cluster_folder() as folder, ExitStack() as afterwards:
        scene = Scene(folder=folder, environ=_environ(blocks))
        run = Going(["up"], folder, scene.environ)
        afterwards.callback(run.stop)
        lines = run.wait_for(is_up)
        assert is_up(lines), lines[-20:]
        run.wait_for(lambda so_far: any(line.startswith("At the tip") for line in so_far))
        scene.going["make run"] = run
        running = EmbeddedPostgres(folder / ".backbeat")
        scene.database_url = asyncio.run(running.start())
        afterwards.callback(lambda: asyncio.run(running.stop()))
        with psycopg.connect(scene.database_url, autocommit=True) as session:
            eventually("no job gives way, and one has a history", lambda: session.execute(UNDER_WAY).fetchone() is None)
            [[scene.words["user"]]] = session.execute("SELECT min(user_id)::text FROM public.users")
        yield scene


class MakesDatabase(Protocol):
    """Makes a database on a server and returns its address."""

    def __call__(self, name: str, template: str = "template0") -> str:
        """Make it of another one, without which it is empty."""


@contextmanager
def on_a_server() -> Iterator[tuple[Path, EmbeddedPostgres, MakesDatabase]]:
    """Give a folder, a server, and what makes a database on it and returns its address."""
    with cluster_folder() as folder:
        running = server(folder)
        asyncio.run(running.start())
        try:
            with psycopg.connect(running.bootstrap_url, autocommit=True) as admin:

                def make(name: str, template: str = "template0") -> str:
                    admin.execute(f'CREATE DATABASE "{name}" OWNER backbeat TEMPLATE "{template}"'.encode())
                    return urlsplit(tcp_url(running))._replace(path=f"/{name}").geturl()

                yield folder, running, make
        finally:
            asyncio.run(running.stop())


@contextmanager
def files_and_nodes() -> Iterator[Scene]:
    """A folder with a recording, an empty database, and nodes that are asked for."""
    with on_a_server() as (folder, _, make), ExitStack() as afterwards:
        (folder / "mainnet.pb").symlink_to(SHARED / "recordings" / "mainnet-a.pb")
        ports = {name: str(free_port()) for name in ("node_port", "other_node_port", "new_node_port")}
        made = [make("first")]
        scene = Scene(folder=folder, environ=_environ() | {"BACKBEAT_DATABASE_URL": made[0]}, words=ports)
        scene.environ["BACKBEAT_JOBS_ENABLED"] = "false"  # these pages are about blocks

        def new_database() -> None:
            made.append(make(f"database_{len(made)}"))
            scene.environ["BACKBEAT_DATABASE_URL"] = made[-1]

        def node(port: str, **environ: str) -> None:
            arguments = ["simulate", "--serve", f"127.0.0.1:{port}", "--data-dir", f"serves_{port}_{len(environ)}"]
            served = Going(arguments, folder, scene.environ | environ)
            afterwards.callback(served.stop)
            lines = served.wait_for(is_up)
            assert is_up(lines), lines

        def new_chains() -> None:
            new_database()
            node(ports["node_port"], BACKBEAT_SIMULATOR_ROLLOVER_BLOCKS="20,10")

        scene.does = {
            "a new database": new_database,
            "a node": lambda: node(ports["other_node_port"]),
            "a network that began new chains": new_chains,
        }
        yield scene


class Theirs:
    """A database of another indexer, and that indexer."""

    def __init__(self, make: MakesDatabase) -> None:
        self._make = make
        self._count = 0
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.url = ""

    def begin(self) -> None:
        """Have an indexer write a new database up to a height, and stop."""
        self._count += 1
        self.url = self._make(f"theirs_{self._count}")
        asyncio.run(migrate(self.url, clock=SystemClock()))
        asyncio.run(index_up_to(self.url, HANDED_OVER))
        make_foreign(self.url)

    def go_on_or_stop(self) -> None:
        """Start the indexer; the next time stop it."""
        if self._thread is None:
            self._stopped.clear()
            self._thread = threading.Thread(target=lambda: asyncio.run(self._index()))
            self._thread.start()
        else:
            self._stopped.set()
            self._thread.join()
            self._thread = None

    async def _index(self) -> None:
        async with await AsyncConnection.connect(self.url, autocommit=True) as session:
            for follower in count(STRANGERS):
                if self._stopped.is_set():
                    break
                await index_block(session, follower=follower, followee=follower + 1, track=follower)
                await asyncio.sleep(0.1)


@contextmanager
def a_server() -> Iterator[Scene]:
    """A server without a database of ours, and a superuser's session."""
    with on_a_server() as (folder, running, make), patch.object(adopt, "PATIENCE", PATIENCE):
        parts = urlsplit(tcp_url(running))
        url = parts._replace(netloc=f"discovery:PASSWORD@127.0.0.1:{parts.port}", path="/discovery").geturl()
        scene = Scene(folder=folder, environ=_environ(), database_url=running.bootstrap_url)
        scene.words |= {"url": url, "page_port": scene.environ["BACKBEAT_WEB_PORT"]}
        scene.environ["BACKBEAT_DATABASE_URL"] = url
        theirs = Theirs(make)
        (folder / "token").write_text(TOKEN, encoding="utf-8")

        def indexers_database() -> None:
            theirs.begin()
            scene.words["theirs"] = theirs.url

        def database_that_differs() -> None:
            scene.words["other"] = urlsplit(url)._replace(path="/other").geturl()
            make("other", "discovery")
            with psycopg.connect(scene.words["other"], autocommit=True) as session:
                session.execute("ALTER TABLE users DISABLE TRIGGER USER")  # as where its row was lost or spoilt
                session.execute("UPDATE users SET bio = 'another' WHERE user_id = (SELECT min(user_id) FROM users)")
                session.execute("ALTER TABLE users ENABLE TRIGGER USER")

        def blocks() -> None:
            typed(["up", "--no-web", "--stop-at", COMPARED_AT], folder, scene.environ)

        scene.does = {
            "blocks": blocks,
            "an indexer's database": indexers_database,
            "the indexer goes on, or is stopped": theirs.go_on_or_stop,
            "a database that differs": database_that_differs,
            "a token": lambda: scene.environ.update(BACKBEAT_WEB_TOKEN=TOKEN),
        }
        yield scene


PLACES: dict[str, Callable[[], AbstractContextManager[Scene]]] = {
    NETWORK: a_network,
    FILES: files_and_nodes,
    SERVER: a_server,
}
