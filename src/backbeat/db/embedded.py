"""PostgreSQL without installing it: starts, shares, recovers and stops a cluster in the data directory.

Every process that uses a cluster holds a shared lock on a file beside it, which the kernel drops when the process dies.
A process that finds a running cluster joins it; the last one to leave stops it. So two commands can share one server,
and the next command joins, and stops, a server whose starter was killed.
"""

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import structlog
from psycopg import pq

from backbeat.clock import Clock, SystemClock
from backbeat.db import cluster, installation, postmaster, roles
from backbeat.db.account import server_account
from backbeat.db.cluster import CONFIGURATION, Cluster
from backbeat.db.filelock import FileLock
from backbeat.db.installation import available_versions
from backbeat.db.outage import DISK_FULL, OutageError
from backbeat.errors import DatabaseError
from backbeat.settings import DatabaseSettings

__all__ = ["EmbeddedPostgres", "available_versions"]

POLL_SECONDS = 0.02
TURN_SECONDS_MAX = 120.0  # a first start on a slow disk, twice over
SETTLE_SECONDS_MAX = 60.0  # a server found half-way through starting or stopping
START_SECONDS_MAX = 300  # replaying max_wal_size after a crash
STOP_SECONDS_MAX = 30
GUARD_SECONDS = 0.5  # how soon a dead server is noticed
STARTS_MAX = 3  # another process may take the port between our look and the server's

log = structlog.get_logger(__name__)


class EmbeddedPostgres:
    """One use of the cluster in ``data_dir``: between ``start`` and ``stop`` the server is up.

    ``configuration`` overrides server settings, for tests; without ``tuned`` all else is as the programs ship it. Works
    as root (the server then runs as an ordinary account) and as an ordinary user.
    """

    def __init__(
        self,
        data_dir: Path,
        settings: DatabaseSettings | None = None,
        *,
        clock: Clock | None = None,
        configuration: Mapping[str, str] | None = None,
        tuned: bool = True,
    ) -> None:
        self._data_dir = Path(os.path.abspath(data_dir))  # noqa: PTH100 - resolve() would follow links that a person chose
        self._settings = settings or DatabaseSettings()
        self._clock = clock or SystemClock()
        self._configuration = {**(CONFIGURATION if tuned else {}), **(configuration or {})}
        self._cluster: Cluster | None = None
        self._users: FileLock | None = None
        self._port = 0
        self._socket_dir = ""

    @property
    def url(self) -> str:
        """Return the address over the Unix socket, of the database ``backbeat``, for the role that owns it."""
        return self._socket_url(roles.OWNER, "backbeat")

    @property
    def bootstrap_url(self) -> str:
        """Return the same address for the superuser, which is for maintenance alone."""
        return self._socket_url(roles.BOOTSTRAP, "backbeat")

    @property
    def pid(self) -> int:
        """Return the server's process id, 0 when there is none."""
        running = postmaster.read(self._started().data)
        return running.pid if running else 0

    async def start(self) -> str:
        """Return the server's address, having created, recovered, started or joined it.

        Calling it again brings back a server that died, at the same address if the port is still free. Raises
        ConfigError or DatabaseError; a start that is cancelled is first finished and then undone.
        """
        work = asyncio.ensure_future(self._start())
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.gather(work, return_exceptions=True)
            await self.stop()
            raise
        return self.url

    async def stop(self) -> None:
        """Leave the server; stop it when no other process uses it. Does nothing when nothing was started."""
        if self._users is None or self._cluster is None:
            return
        async with self._turn():
            alone = self._users.try_exclusive()
            try:
                if alone:
                    await self._shut_down()
            finally:
                self._leave()
        log.info("postgres_stopped" if alone else "postgres_left", data=str(self._cluster.data))

    @asynccontextmanager
    async def guarded(self) -> AsyncIterator[None]:
        """Start the server again whenever it dies inside this context, at the same address."""
        guard = asyncio.create_task(self._guard())
        try:
            yield
        finally:
            guard.cancel()
            await asyncio.wait([guard])

    async def _guard(self) -> None:
        data = self._started().data
        while True:
            await self._clock.sleep(GUARD_SECONDS)
            running = postmaster.read(data)
            if running and postmaster.runs(running.pid, data):
                continue
            log.warning("postgres_died", data=str(data))
            try:
                async with self._turn():
                    if not await self._settled():
                        await self._launch()
            except (DatabaseError, OSError) as error:
                log.warning("postgres_not_revived", error=str(error), retry_seconds=GUARD_SECONDS)
            else:
                log.info("postgres_revived", data=str(data), port=self._port)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _start(self) -> None:
        installation.require_programs(self._settings)  # before anything is made in the data directory
        try:
            await asyncio.to_thread(self._data_dir.mkdir, mode=0o755, parents=True, exist_ok=True)
            async with self._turn():
                await self._join_or_launch()
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise OutageError(
                    DISK_FULL.code,
                    f"The disk of {self._data_dir} is full: {error}",
                    cure="Make room there, or choose another place with --data-dir.",
                ) from error
            raise DatabaseError(
                "embedded_postgres_failed",
                f"PostgreSQL cannot be run in {self._data_dir}: {error}",
                cure="Check who owns the data directory, or choose another with --data-dir.",
            ) from error

    async def _join_or_launch(self) -> None:
        programs = installation.choose(self._settings, self._data_dir)
        account = server_account(self._data_dir / f"pg{programs.major}" / "data")
        if account:
            programs = await asyncio.to_thread(installation.made_reachable, programs, account)
        self._cluster = cluster.locate(self._data_dir, programs, account)
        self._cluster.prepare()
        self._users = self._users or FileLock(self._cluster.home / "users.lock")
        self._users.try_shared()  # only the process whose turn it is holds it alone, and it is our turn
        try:
            joined = await self._settled()
            if not joined:
                await self._launch()
            await roles.ensure_roles(self._socket_url, self._cluster.password)
        except BaseException:
            self._leave()
            raise
        log.info("postgres_joined" if joined else "postgres_started", data=str(self._cluster.data), port=self._port)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Let one process at a time start or stop clusters of this data directory."""
        lock = FileLock(self._data_dir / "postgres.lock")
        deadline = self._clock.monotonic() + TURN_SECONDS_MAX
        try:
            while not lock.try_exclusive():
                if self._clock.monotonic() > deadline:
                    raise DatabaseError(
                        "postgres_start_busy",
                        f"Another process has been starting or stopping PostgreSQL in {self._data_dir} for too long.",
                        cure="Look for a hanging backbeat process and end it.",
                    )
                await self._clock.sleep(POLL_SECONDS)
            yield
        finally:
            lock.release()

    async def _settled(self) -> bool:
        """Wait until the cluster either answers (True) or has no server and no leftovers of one (False)."""
        data = self._started().data
        deadline = self._clock.monotonic() + SETTLE_SECONDS_MAX
        while self._clock.monotonic() < deadline:
            running = postmaster.read(data)
            if running and postmaster.runs(running.pid, data):
                if await self._answers(running):
                    return True
            elif not postmaster.orphans(data):
                self._started().forget_server()
                return False
            await self._clock.sleep(POLL_SECONDS)
        raise DatabaseError(
            "postgres_stuck",
            f"A server of {data} runs but does not answer (processes {postmaster.orphans(data)}).",
            cure=f"Read the logs in {self._started().log}, end these processes and try again.",
        )

    async def _answers(self, running: postmaster.Postmaster) -> bool:
        if not running.port:
            return False
        self._port, self._socket_dir = running.port, running.socket_dir
        # a question that needs no role: a cluster of an older version has other ones
        url = f"{self._socket_url(roles.BOOTSTRAP, 'postgres')}&connect_timeout=5"
        return await asyncio.to_thread(pq.PGconn.ping, url.encode()) == pq.Ping.OK

    async def _launch(self) -> None:
        here = self._started()
        if not here.data.exists():
            await self._create()
        for attempt in range(1, STARTS_MAX + 1):
            here.configure(self._settings.port or _free_port(here.last_port), self._configuration)
            here.log.joinpath("start.log").unlink(missing_ok=True)
            status, words = await self._run("pg_ctl", "start", "-w", f"-t{START_SECONDS_MAX}", "-lstart.log")
            if status == 0 and await self._settled():
                return
            log.warning("postgres_start_failed", attempt=attempt, words=words)
        raise DatabaseError(
            "postgres_start_failed",
            f"PostgreSQL does not start in {here.data}: {here.log_tail()}",
            cure=f"Read the logs in {here.log}.",
        )

    async def _create(self) -> None:
        here = self._started()
        unfinished = here.unfinished()
        arguments = here.initdb_arguments(unfinished)
        if self._configuration.get("fsync") == "off":
            arguments.append("--no-sync")
        status, words = await self._run("initdb", *arguments)
        if status:
            raise DatabaseError(
                "postgres_init_failed",
                f"PostgreSQL cannot create a cluster in {here.home}: {words}",
                cure="Check the disk's free space and that the account has a name on this system.",
            )
        here.finish(unfinished)

    async def _shut_down(self) -> None:
        data = self._started().data
        running = postmaster.read(data)
        if running is None or not postmaster.runs(running.pid, data):
            return
        for mode in ("fast", "immediate"):
            status, words = await self._run("pg_ctl", "stop", f"-m{mode}", "-w", f"-t{STOP_SECONDS_MAX}")
            if status == 0 or not postmaster.runs(running.pid, data):
                return
            log.warning("postgres_stop_failed", mode=mode, words=words)
        raise DatabaseError(
            "postgres_stop_failed",
            f"PostgreSQL (process {running.pid}) does not stop.",
            cure=f"Read the logs in {self._started().log}, then end the process.",
        )

    async def _run(self, program: str, *arguments: str) -> tuple[int, str]:
        """Run one of PostgreSQL's programs as its account; return its exit status and what it said."""
        here = self._started()
        process = await asyncio.create_subprocess_exec(
            here.programs / program,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=here.log,
            env=_environment(here.data),
            start_new_session=True,  # a Ctrl-C is for us, not for the server
            user=here.account.uid if here.account else None,
            group=here.account.gid if here.account else None,
            extra_groups=[] if here.account else None,
        )
        output, _ = await process.communicate()
        return process.returncode or 0, " ".join(output.decode(errors="replace").split())[-1_000:]

    def _socket_url(self, role: str, database: str) -> str:
        return f"postgresql://{role}@/{database}?host={quote(self._socket_dir, safe='')}&port={self._port}"

    def _started(self) -> Cluster:
        if self._cluster is None:
            raise DatabaseError("postgres_not_started", "PostgreSQL was not started.", cure="Call start() first.")
        return self._cluster

    def _leave(self) -> None:
        if self._users:
            self._users.release()
            self._users = None


def _environment(data: Path) -> dict[str, str]:
    """Return what the server needs of our environment: none of our secrets, and no PG* variable of a person's."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C", "PGDATA": str(data)}


def _free_port(wanted: int) -> int:
    """Return ``wanted`` if no process listens there, else a port that the system picks."""
    for candidate in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
            with suppress(OSError):
                probe.bind(("127.0.0.1", candidate))
                port: int = probe.getsockname()[1]
                return port
    raise DatabaseError("no_free_port", "There is no free loopback port.", cure="Set database.port.")
