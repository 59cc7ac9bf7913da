"""A look of the frontier is of one life of one server: what was seen before a crash or a promotion may be gone.

What the other indexer committed without waiting for the disk is lost then, with the numbers that its plays had, and the
names of those who were waited for are given to others.
"""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import psycopg
import pytest
from foreign_database.writers import ForeignWriter
from integration.adopt.beside import BESIDE, UNKNOWN, as_jobs_do

from backbeat.beside.frontier import Frontier, Stood
from backbeat.clock import SystemClock
from backbeat.db.migrate import migrate
from backbeat.incremental.transaction import Session
from chaos.program import Server, copy_cluster, eventually, server

pytestmark = [pytest.mark.slow, pytest.mark.newest]

STANDS = "SELECT height, block_number, play_id FROM backbeat.cursor"
HEAD = "SELECT height, em_block, (SELECT max(id) FROM plays) FROM core_indexed_blocks ORDER BY height DESC LIMIT 1"
LAZILY = "ALTER SYSTEM SET wal_writer_delay = '10s'"


@pytest.fixture
def primary(folder: Path) -> Iterator[tuple[Server, str]]:
    """A server with a database beside whose indexer jobs run."""
    with server(folder / "a") as made:
        url = made.start()
        with psycopg.connect(made.bootstrap_url, autocommit=True) as admin:
            admin.execute(LAZILY)
            admin.execute("SELECT pg_reload_conf()")
        asyncio.run(migrate(url, clock=SystemClock()))
        with psycopg.connect(url, autocommit=True) as theirs:
            theirs.execute(BESIDE)
        yield made, url


def step(frontier: Frontier, url: str) -> Stood:
    """Take one step on a session of its own."""

    async def take() -> Stood:
        async with as_jobs_do(url) as connection:
            return await frontier.step(Session(connection))

    return asyncio.run(take())


def writer(url: str, name: str, of: int = UNKNOWN) -> ForeignWriter:
    """Open a writer that does not wait for the disk; no two have the same user and track ``of`` which they write."""
    made = ForeignWriter(url, name, [of], [of])
    made.connection.execute("SET synchronous_commit = off")
    made.commit()
    return made


def asked(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


def answers(url: str) -> bool:
    with suppress(psycopg.OperationalError):
        return bool(asked(url, "SELECT 1"))
    return False


@contextmanager
def looked_beside_a_late_one(frontier: Frontier, url: str) -> Iterator[int]:
    """Have a look in hand that waits for a transaction; yield the process of that."""
    theirs, late = writer(url, "theirs"), writer(url, "late", UNKNOWN + 1)
    late.begin(late=True)
    late.play()
    theirs.whole_block()
    assert [each.application for each in step(frontier, url).waits_for] == ["late"]
    theirs.close()
    yield late.connection.info.backend_pid
    late.close()


def goes_on(frontier: Frontier, url: str) -> None:
    """Hold the frontier to what is there now, and to what comes next."""
    theirs = writer(url, "theirs again")
    theirs.whole_block()
    assert step(frontier, url).has_moved
    assert asked(url, STANDS) == asked(url, HEAD), "one step from a look of now, not from one of before"
    theirs.whole_block()
    assert step(frontier, url).has_moved
    assert asked(url, STANDS) == asked(url, HEAD)
    theirs.close()


def test_what_was_seen_before_one_of_the_servers_processes_died_is_looked_at_again(
    primary: tuple[Server, str],
) -> None:
    _, url = primary
    frontier = Frontier(blocks_behind=0)
    began = asked(url, "SELECT pg_postmaster_start_time()")
    with looked_beside_a_late_one(frontier, url) as process:
        os.kill(process, signal.SIGKILL)
    eventually("the server recovers", partial(answers, url))
    assert asked(url, "SELECT pg_postmaster_start_time()") == began
    goes_on(frontier, url)


def test_what_was_seen_on_a_server_that_another_stands_for_now_is_looked_at_again(
    primary: tuple[Server, str], folder: Path
) -> None:
    first, _ = primary
    frontier = Frontier(blocks_behind=0)
    first.stop()
    copy_cluster(folder / "a", folder / "b")
    for data in folder.glob("b/pg*/data"):
        (data / "standby.signal").touch()
    with looked_beside_a_late_one(frontier, first.start()):
        first.stop()
    with server(folder / "b") as second:
        restored = second.start()
        second.promote()
        assert asked(restored, "SELECT max(height) FROM core_indexed_blocks") == [(1,)], "the last block is lost"
        goes_on(frontier, restored)
