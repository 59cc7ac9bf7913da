"""Kill -9 of the indexer and of the database during a replay, again and again: the end is as if nothing had happened.

``BACKBEAT_CHAOS_KILLS`` and ``BACKBEAT_CHAOS_DATABASE_KILLS`` set how often (``make chaos``: 50 and 10).
"""

import asyncio
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from clusters import chosen, cluster_folder

from backbeat.db import postmaster
from backbeat.db.embedded import EmbeddedPostgres
from chaos.content import Content, content
from chaos.replay import Replay, a_recording, kill

KILLS = int(os.environ.get("BACKBEAT_CHAOS_KILLS", "6"))
DATABASE_KILLS = int(os.environ.get("BACKBEAT_CHAOS_DATABASE_KILLS", "2"))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_recording(tmp_path_factory.mktemp("recording") / "simulated.blocks")


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with cluster_folder() as folder:
        yield folder / "data"


@pytest.fixture(scope="module")
def undisturbed(recording: Path) -> Content:
    with cluster_folder() as folder, running(folder / "data") as url:
        Replay(folder / "data", recording).finish()
        return content(url)


@contextmanager
def running(data_dir: Path) -> Iterator[str]:
    """Keep a server up beside the process under test, which joins it."""
    # a killed server must not lose what it has confirmed
    postgres = EmbeddedPostgres(data_dir, chosen(), configuration={"fsync": "off"})
    url = asyncio.run(postgres.start())
    try:
        yield url
    finally:
        asyncio.run(postgres.stop())


def test_an_indexer_killed_at_random_moments_ends_where_an_undisturbed_one_does(
    data_dir: Path, recording: Path, undisturbed: Content
) -> None:
    replay, moments = Replay(data_dir, recording), random.Random(7)
    under_way = 0
    with running(data_dir) as url:
        for _ in range(KILLS):
            process = replay.start()
            if moments.random() < 0.8:  # else anywhere in start-up
                replay.wait_for_progress(url, process)
            time.sleep(moments.uniform(0, 0.08))
            under_way += process.poll() is None
            kill(process)
        assert under_way == KILLS, "the replay ended before the last kill"
        replay.finish()
        assert content(url) == undisturbed


def test_a_killed_database_comes_back_under_a_running_indexer_and_nothing_is_lost(
    data_dir: Path, recording: Path, undisturbed: Content
) -> None:
    replay, moments = Replay(data_dir, recording), random.Random(8)
    with running(data_dir) as url:
        process = replay.start()
        for _ in range(DATABASE_KILLS):
            replay.wait_for_progress(url, process)
            time.sleep(moments.uniform(0, 0.15))
            assert process.poll() is None, "the replay ended before the last kill"
            kill_server(data_dir)
        replay.ends(process)
        assert content(url) == undisturbed


def test_two_indexers_started_together_do_the_work_of_one(
    data_dir: Path, recording: Path, undisturbed: Content
) -> None:
    replay = Replay(data_dir, recording)
    with running(data_dir) as url:
        first, second = replay.start(), replay.start()
        replay.wait_for_progress(url, first)
        replay.ends(first)
        replay.ends(second)
        assert content(url) == undisturbed


def test_a_standby_takes_over_when_the_first_indexer_is_killed(
    data_dir: Path, recording: Path, undisturbed: Content
) -> None:
    replay = Replay(data_dir, recording)
    with running(data_dir) as url:
        first, standby = replay.start(), replay.start()
        replay.wait_for_progress(url, first)
        kill(first)
        replay.ends(standby)
        assert content(url) == undisturbed


def kill_server(data_dir: Path) -> None:
    """Kill the server of a data directory, if one runs at this moment."""
    for home in data_dir.glob("pg[0-9]*"):
        found = postmaster.read(home.resolve() / "data")
        if found and postmaster.runs(found.pid, home.resolve() / "data"):
            os.kill(found.pid, signal.SIGKILL)
