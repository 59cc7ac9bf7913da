"""The replay of refused transactions as a process: killed, or asked to end, while a commit is in hand."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from processes import PATIENCE_SECONDS, eventually

from backbeat.db.pool import open_lanes
from backbeat.index.rejected.picking import TRANSACTIONS_MAX
from backbeat.settings import DatabaseSettings
from builders.chain import ListSource, entity
from builders.indexing import index
from builders.replaying import without

FIRST = 3_000_001
REFUSED = TRANSACTIONS_MAX + 20  # more than one commit has
ENVIRON = {"BACKBEAT_INDEX_LEASE_SECONDS": "1", "BACKBEAT_CHAIN_NETWORK": "dev"}
STOPPED = 128 + signal.SIGTERM
BECAME = "SELECT count(*) FROM backbeat.rejected_transactions WHERE became = 'applied'"
COUNTED = "SELECT sum(count) FROM backbeat.transaction_counts WHERE outcome = 'applied' AND pair LIKE 'User/%ollow'"
FOLLOWS = "SELECT count(*), min(blocknumber), bool_or(is_delete) FROM follows"
WAITS = "SELECT true FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


pytestmark = pytest.mark.slow


@pytest.fixture
def refused(database_url: str) -> str:
    """The address of a database in which follows and their ends, in turn, were refused."""
    users = [
        entity(key, FIRST - 1 + key, "User/Create", FIRST - 1 + key, '{"cid":"","data":{}}', nonce=key)
        for key in (1, 2)
    ]
    acts = [
        entity(1, FIRST, "User/Unfollow" if at % 2 else "User/Follow", FIRST + 1, nonce=10 + at)
        for at in range(REFUSED)
    ]

    async def fill() -> None:
        async with await open_lanes(database_url, DatabaseSettings()) as lanes:
            await index(lanes, ListSource([users, acts]))

    with without("*/Follow", "*/Unfollow"):
        asyncio.run(fill())
    return database_url


@contextmanager
def replay(url: str, data_dir: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "backbeat", "rejected", "replay", "--database", url, "--data-dir", str(data_dir)]
    process = subprocess.Popen(command, env=os.environ | ENVIRON, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def in_hand(url: str, data_dir: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Give a replay that waits in the middle of its first commit until this context is left."""
    with replay(url, data_dir) as process:
        with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as observer:
            holder.execute("LOCK TABLE follows IN SHARE MODE")
            eventually("the replay writes", lambda: process.poll() is not None or observer.execute(WAITS).fetchone())
            assert process.poll() is None, process.communicate()
            yield process
            holder.rollback()
        process.wait(PATIENCE_SECONDS)


def one(url: str, query: str) -> Any:
    with psycopg.connect(url, autocommit=True, options="-c search_path=public") as connection:
        return connection.execute(query.encode()).fetchone()


def finish(url: str, data_dir: Path) -> None:
    """Replay the rest, and see that each was applied once."""
    with replay(url, data_dir) as process:
        told, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0, told.decode()
    assert one(url, BECAME) == (REFUSED,)
    assert one(url, COUNTED) == (REFUSED,)
    assert one(url, FOLLOWS) == (1, 2, True)


def test_a_killed_replay_leaves_nothing_half_done_and_the_next_does_all(refused: str, tmp_path: Path) -> None:
    with in_hand(refused, tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_SECONDS)
    assert one(refused, BECAME) == (0,)
    finish(refused, tmp_path)


def test_asked_to_end_it_finishes_the_commit_in_hand(refused: str, tmp_path: Path) -> None:
    with in_hand(refused, tmp_path) as process:
        process.send_signal(signal.SIGTERM)
    assert process.returncode == STOPPED
    assert one(refused, BECAME) == (TRANSACTIONS_MAX,)
    finish(refused, tmp_path)
