"""The embedded server's life: created, used again, killed, shared, stopped."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psycopg
import pytest
from clusters import chosen, server, tcp_url
from sql_files import SOURCE

from backbeat.db import postmaster
from backbeat.db.embedded import EmbeddedPostgres, available_versions
from backbeat.errors import ConfigError, DatabaseError
from backbeat.settings import DatabaseSettings

pytestmark = pytest.mark.version_free

HOLDER = Path(__file__).with_name("hold_server.py")
IMPORTS = os.pathsep.join((str(SOURCE), str(SOURCE.parent / "tests")))
SECONDS_MAX = 60

versions = pytest.mark.parametrize("version", sorted(available_versions()))


class Holder(NamedTuple):
    """Another process that uses the server."""

    process: asyncio.subprocess.Process
    server_pid: int
    url: str

    async def leave(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert await asyncio.wait_for(self.process.wait(), SECONDS_MAX) == 0


@asynccontextmanager
async def holder(data_dir: Path) -> AsyncIterator[Holder]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        HOLDER,
        data_dir,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": IMPORTS},
    )
    assert process.stdout is not None
    try:
        said = (await asyncio.wait_for(process.stdout.readline(), SECONDS_MAX)).decode().split()
        yield Holder(process, int(said[0]), said[1])
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ask(url: str, question: str) -> object:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        cursor = await connection.execute(question.encode())
        row = await cursor.fetchone() if cursor.description else None
        return row[0] if row else None


async def gone(pid: int, data: Path) -> bool:
    for _ in range(SECONDS_MAX * 50):
        if not postmaster.runs(pid, data):
            return True
        await asyncio.sleep(0.02)
    return False


async def left(data: Path) -> bool:
    """Wait until nothing of a stopped server is left: its processes outlive its pid file by a moment."""
    for _ in range(SECONDS_MAX * 50):
        if not postmaster.orphans(data):
            return True
        await asyncio.sleep(0.02)
    return False


def mode_of(path: Path) -> int:
    return path.stat().st_mode


def make(folder: Path) -> None:
    folder.mkdir(parents=True)


def remove(folder: Path) -> None:
    folder.rmdir()


def data_of(data_dir: Path) -> Path:
    (found,) = data_dir.glob("pg*/data")
    return found.resolve()


@versions
async def test_a_first_start_makes_a_database_in_utf8_and_utc(data_dir: Path, version: int) -> None:
    async with EmbeddedPostgres(data_dir, DatabaseSettings(embedded_version=version)) as running:
        expected = {
            "server_encoding": "UTF8",
            "timezone": "UTC",
            "fsync": "on",
            "synchronous_commit": "on",
            "data_directory": str(data_dir / f"pg{version}" / "data"),
        }
        assert {name: await ask(running.bootstrap_url, f"SHOW {name}") for name in expected} == expected
        assert str(await ask(running.url, "SHOW server_version")).split(".")[0] == str(version)
        assert await ask(running.url, "SELECT current_database() || current_user") == "backbeatbackbeat"


@versions
async def test_what_was_written_is_there_after_a_restart(data_dir: Path, version: int) -> None:
    settings = DatabaseSettings(embedded_version=version)
    async with server(data_dir, settings) as running:
        await ask(running.url, "CREATE TABLE kept AS SELECT 7 AS number")
        pid = running.pid
    assert await gone(pid, data_of(data_dir))
    async with server(data_dir, settings) as running:
        assert running.pid != pid
        assert await ask(running.url, "SELECT number FROM kept") == 7


@versions
async def test_what_was_committed_survives_killing_the_server(data_dir: Path, version: int) -> None:
    settings = DatabaseSettings(embedded_version=version)
    async with EmbeddedPostgres(data_dir, settings) as first:
        await ask(first.url, "CREATE TABLE kept AS SELECT 7 AS number")
        os.kill(first.pid, signal.SIGKILL)
        async with EmbeddedPostgres(data_dir, settings) as second:
            assert await ask(second.url, "SELECT number FROM kept") == 7


async def test_the_server_of_a_killed_program_is_joined_and_then_stopped(data_dir: Path) -> None:
    async with holder(data_dir) as other:
        await ask(other.url, "CREATE TABLE kept AS SELECT 7 AS number")
        other.process.kill()
        await other.process.wait()
    assert postmaster.runs(other.server_pid, data_of(data_dir))
    async with server(data_dir) as running:
        assert running.pid == other.server_pid
        assert await ask(running.url, "SELECT number FROM kept") == 7
    assert await gone(other.server_pid, data_of(data_dir))


async def test_program_and_server_may_be_killed_together(data_dir: Path) -> None:
    async with holder(data_dir) as other:
        await ask(other.url, "CREATE TABLE kept AS SELECT 7 AS number")
        os.kill(other.server_pid, signal.SIGKILL)
        other.process.kill()
        await other.process.wait()
    async with server(data_dir) as running:
        assert running.pid != other.server_pid
        assert await ask(running.url, "SELECT number FROM kept") == 7


async def test_two_programs_share_one_server_and_the_last_one_stops_it(data_dir: Path) -> None:
    async with holder(data_dir) as other, server(data_dir) as mine:
        assert mine.pid == other.server_pid
        await other.leave()
        assert await ask(mine.url, "SELECT 7") == 7
    assert await gone(other.server_pid, data_of(data_dir))


async def test_two_programs_that_start_at_once_create_one_server(data_dir: Path) -> None:
    async with AsyncExitStack() as leaving:
        one, two = await asyncio.gather(*(leaving.enter_async_context(holder(data_dir)) for _ in range(2)))
        assert one.server_pid == two.server_pid
        assert one.url == two.url
        await asyncio.gather(one.leave(), two.leave())
    assert await gone(one.server_pid, data_of(data_dir))


async def test_a_process_id_used_again_by_a_stranger_is_seen_through(data_dir: Path) -> None:
    async with server(data_dir) as running:
        pid_file = data_of(data_dir) / "postmaster.pid"
        text = pid_file.read_text()
        os.kill(running.pid, signal.SIGKILL)
        assert await gone(running.pid, data_of(data_dir))
        pid_file.write_text(text.replace(text.splitlines()[0], str(os.getpid()), 1))
        async with server(data_dir) as recovered:
            assert await ask(recovered.url, "SELECT 7") == 7


async def test_a_start_that_is_cancelled_leaves_nothing_running(data_dir: Path) -> None:
    start = asyncio.create_task(server(data_dir).start())
    await asyncio.sleep(0.05)  # anywhere in it: a first start takes ten times as long
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert postmaster.read(data_of(data_dir)) is None
    assert await left(data_of(data_dir))


async def test_the_loopback_port_wants_the_password(data_dir: Path) -> None:
    async with server(data_dir) as running:
        assert await ask(tcp_url(running), "SELECT 7") == 7
        parts = urlsplit(tcp_url(running))
        assert parts.hostname == "127.0.0.1"
        wrong = tcp_url(running).replace(parts.password or "", "wrong")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            await ask(wrong, "SELECT 7")
        home = data_of(data_dir).parent
        assert all(mode_of(home / name) & 0o077 == 0 for name in ("data", "log", "run", "password"))


async def test_a_port_can_be_chosen(data_dir: Path) -> None:
    async with server(data_dir) as running:
        port = urlsplit(tcp_url(running)).port
    settings = chosen()
    fixed = DatabaseSettings(
        embedded_version=settings.embedded_version, postgres_bin=settings.postgres_bin, port=port or 0
    )
    async with server(data_dir, fixed) as running:
        assert urlsplit(tcp_url(running)).port == port


async def test_a_long_path_gets_its_socket_elsewhere(data_dir: Path) -> None:
    async with server(data_dir / ("long" * 20)) as running:
        socket_dir = Path(str(await ask(running.bootstrap_url, "SHOW unix_socket_directories")))
        assert not socket_dir.is_relative_to(data_dir)
        assert mode_of(socket_dir) & 0o077 == 0
    remove(socket_dir)


async def test_a_cluster_that_exists_wins_over_a_newer_version(data_dir: Path) -> None:
    oldest = min(available_versions())
    async with server(data_dir, DatabaseSettings(embedded_version=oldest)):
        pass
    async with EmbeddedPostgres(data_dir) as running:
        assert str(await ask(running.url, "SHOW server_version_num"))[:2] == str(oldest)


async def test_another_version_begins_no_second_cluster_in_silence(data_dir: Path) -> None:
    oldest, newest = min(available_versions()), max(available_versions())
    make(data_dir / f"pg{oldest}" / "data")
    with pytest.raises(ConfigError) as refused:
        await EmbeddedPostgres(data_dir, DatabaseSettings(embedded_version=newest)).start()
    assert refused.value.code == "cluster_of_another_version"
    assert f"holds a cluster of {oldest}" in refused.value.message
    assert data_of(data_dir).parent.name == f"pg{oldest}"  # and there is no other


async def test_a_cluster_without_programs_is_refused_not_hidden(data_dir: Path) -> None:
    make(data_dir / "pg9" / "data")
    with pytest.raises(ConfigError) as refused:
        await EmbeddedPostgres(data_dir).start()
    assert refused.value.code == "cluster_without_programs"


async def test_an_unknown_version_is_refused(data_dir: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        await EmbeddedPostgres(data_dir, DatabaseSettings(embedded_version=12)).start()
    assert refused.value.code == "embedded_version_unknown"
    assert "18" in refused.value.message


async def test_a_folder_without_programs_is_refused(data_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        await EmbeddedPostgres(data_dir, DatabaseSettings(postgres_bin=str(tmp_path))).start()
    assert refused.value.code == "postgres_bin_invalid"


async def test_a_server_that_cannot_start_says_why(data_dir: Path) -> None:
    broken = EmbeddedPostgres(data_dir, chosen(), configuration={"shared_buffers": "nonsense"})
    with pytest.raises(DatabaseError) as failed:
        await broken.start()
    assert failed.value.code == "postgres_start_failed"
    assert "shared_buffers" in failed.value.message
    async with server(data_dir) as running:
        assert await ask(running.url, "SELECT 7") == 7


async def test_stopping_what_never_started_is_harmless(data_dir: Path) -> None:
    running = server(data_dir)
    await running.stop()
    assert await asyncio.to_thread(data_dir.exists) is False
