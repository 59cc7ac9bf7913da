"""The parts as processes of their own over one data directory: an indexer, two workers, a page."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from clusters import cluster_folder
from processes import PATIENCE_SECONDS, backbeat, database, drain, eventually, free_port, migrate

from backbeat.codes import Phase
from backbeat.jobs.catalog import JOBS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

JOB = "hourly_play_counts"
LACKING = {job.name for job in JOBS if job.lacks}  # off until a setting names whom they ask


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with cluster_folder() as folder:
        yield folder / "data"


def test_an_indexer_two_workers_and_a_page_do_together_what_one_process_does(data_dir: Path) -> None:
    page = f"http://127.0.0.1:{(port := free_port())}"

    def is_fine() -> bool:
        try:
            status = httpx.get(f"{page}/status").json()
        except httpx.TransportError:
            return False
        at_tip = (status.get("indexer") or {}).get("phase") == Phase.AT_TIP
        states = {job["state"] for job in status["jobs"] if job["name"] not in LACKING}
        return at_tip and status["healthy"] and states == {"fresh"}

    with database(data_dir) as conn, ExitStack() as running:
        migrate(data_dir)
        verbs = [("index", "--simulate"), ("jobs", "run"), ("jobs", "run"), ("web",)]
        processes = [running.enter_context(backbeat(data_dir, *verb, port=port)) for verb in verbs]
        eventually("all is fine at the tip", is_fine)
        assert conn.execute("SELECT count(*) > 0 FROM aggregate_plays").fetchone() == (True,)
        for process, number in zip(processes, [signal.SIGTERM, signal.SIGINT] * 2, strict=True):
            assert process.poll() is None
            drain(process, number)


def test_when_a_worker_is_killed_in_mid_run_another_takes_over_when_its_lease_is_out(data_dir: Path) -> None:
    def term_and_outcome() -> tuple[int, str]:
        row = conn.execute("SELECT term, outcome FROM backbeat.jobs WHERE name = %s", [JOB]).fetchone()
        return row or (0, "")

    with database(data_dir) as conn, ExitStack() as running:
        migrate(data_dir)
        with backbeat(data_dir, "index", "--simulate", "--exit-at-tip") as index:
            assert index.wait(PATIENCE_SECONDS) == 0
        with conn.transaction():
            conn.execute("LOCK TABLE hourly_play_counts IN ACCESS EXCLUSIVE MODE")
            first = running.enter_context(backbeat(data_dir, "jobs", "run"))
            eventually("the job runs", lambda: term_and_outcome() == (1, ""))
            running.enter_context(backbeat(data_dir, "jobs", "run"))
            eventually("the other worker runs the rest", lambda: fresh_jobs(conn))
            first.kill()
        held = "SELECT lease_until FROM backbeat.jobs WHERE name = %s"
        held_until = conn.execute(held, [JOB]).fetchone()
        eventually("the run is taken over", lambda: term_and_outcome() == (2, "changed"))
        started = "SELECT started_at >= %s AND started_at < %s + '20 s'::interval FROM backbeat.jobs WHERE name = %s"
        assert held_until is not None
        assert conn.execute(started, [*held_until, *held_until, JOB]).fetchone() == (True,)
        counted = "SELECT (SELECT sum(play_count) FROM hourly_play_counts) = (SELECT count(*) FROM plays)"
        assert conn.execute(counted).fetchone() == (True,)


def fresh_jobs(conn: psycopg.Connection[Any]) -> bool:
    waiting = conn.execute("SELECT name FROM backbeat.jobs WHERE succeeded_at IS NULL").fetchall()
    # pruning looks for hours that no play tells of, verification goes round every derived table: both wait with it
    return {name for (name,) in waiting} - LACKING == {JOB, "plays.prune", "audits.verify"}


def test_only_up_and_migrate_change_the_schema(data_dir: Path) -> None:
    with database(data_dir):
        for verb in (("index",), ("jobs", "run"), ("web",)):
            with backbeat(data_dir, *verb) as process:
                _, words = process.communicate(timeout=PATIENCE_SECONDS)
            assert process.returncode == 78
            assert b"cure: Run `backbeat migrate`." in words
