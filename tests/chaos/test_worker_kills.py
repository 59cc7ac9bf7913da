"""Kill -9 of workers at random moments while the chain goes on: derived state ends as a full recompute has it.

``BACKBEAT_CHAOS_WORKER_KILLS`` sets how often (``make chaos``: 50).
"""

import asyncio
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from clusters import cluster_folder
from processes import LEASE_SECONDS, backbeat, database, drain, eventually, migrate
from psycopg import AsyncConnection, Connection

from backbeat.clock import SystemClock
from backbeat.db.pool import open_lanes
from backbeat.jobs.catalog import JOBS
from backbeat.jobs.runner import Runner
from backbeat.settings import DatabaseSettings, JobsSettings

KILLS = int(os.environ.get("BACKBEAT_CHAOS_WORKER_KILLS", "4"))
RATE = {"BACKBEAT_SIMULATOR_TXS_PER_SECOND": "200", "BACKBEAT_SIMULATOR_BLOCK_SECONDS": "0.2"}
RUNNING = "SELECT count(*) > 0 FROM backbeat.jobs WHERE lease_until > clock_timestamp()"
LOST = "SELECT count(*), count(*) FILTER (WHERE error = '') FROM backbeat.job_runs WHERE outcome = 'lost'"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def data_dir(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, value in RATE.items():
        monkeypatch.setenv(name, value)
    with cluster_folder() as folder:
        yield folder / "data"


def test_workers_killed_at_random_moments_lose_and_repeat_nothing(data_dir: Path) -> None:
    moments = random.Random(9)
    with database(data_dir) as conn, ExitStack() as running:
        migrate(data_dir)
        index = running.enter_context(backbeat(data_dir, "index", "--simulate"))
        for _ in range(KILLS):
            with backbeat(data_dir, "jobs", "run") as worker:
                eventually("it is stopped in mid run", lambda: is_stopped_in_a_run(worker, conn, moments))
                worker.kill()
            eventually("its leases have run out", lambda: conn.execute(RUNNING).fetchone() == (False,))
        drain(index, signal.SIGTERM)
        asyncio.run(settled_and_audited(conn.info.dsn))
        lost, untold = conn.execute(LOST).fetchone() or (0, 0)
        assert (lost > 0, untold) == (True, 0), f"{lost} of {KILLS} kills hit a run"


def is_stopped_in_a_run(worker: "subprocess.Popen[bytes]", conn: Connection[Any], moments: random.Random) -> bool:
    """Stop the worker at a random moment; let it go on if no run is under way then, which most last milliseconds."""
    time.sleep(moments.uniform(0, 0.05))
    assert worker.poll() is None
    worker.send_signal(signal.SIGSTOP)
    if conn.execute(RUNNING).fetchone() == (True,):
        return True
    worker.send_signal(signal.SIGCONT)
    return False


async def settled_and_audited(url: str) -> None:
    async with await open_lanes(url, DatabaseSettings()) as lanes:
        for _ in range(2):  # what one job wrote may be what another reads
            await Runner(lanes, JOBS, JobsSettings(lease_seconds=LEASE_SECONDS), SystemClock()).run_until_idle()
    async with await AsyncConnection.connect(url, autocommit=True, options="-c timezone=UTC") as connection:
        for job in JOBS:
            if job.audit is not None:
                audit = await job.audit(connection)
                assert (audit.is_clean, audit.pending, audit.stale) == (True, 0, False), audit
