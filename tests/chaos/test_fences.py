"""A process that stood still for longer than its lease finds its work taken over, and writes nothing."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from clusters import cluster_folder
from processes import LEASE_SECONDS, PATIENCE_SECONDS, backbeat, database, drain, eventually, migrate

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

JOB = "hourly_play_counts"
UNNOTED = "SELECT height - (SELECT count(*) FROM core_indexed_blocks) FROM backbeat.cursor"
WAITS_FOR_LOCK = """
    SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'backbeat/jobs' AND wait_event_type = 'Lock'
"""
STANDS_STILL = """
    SELECT count(*) > 0 FROM pg_stat_activity
    WHERE application_name = 'backbeat/jobs' AND state = 'idle in transaction'
        AND state_change < clock_timestamp() - interval '1 s'
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with cluster_folder() as folder:
        yield folder / "data"


def one(conn: psycopg.Connection[Any], query: str, *values: Any) -> Any:
    row = conn.execute(query.encode(), values).fetchone()
    return row[0] if row else None


@pytest.mark.parametrize(("idle_seconds", "told"), [("300", "lease_lost"), ("1", "")], ids=["fence", "server"])
def test_a_worker_that_stood_still_in_mid_transaction_is_stopped(data_dir: Path, idle_seconds: str, told: str) -> None:
    """By the fence, or by the server that ended its session meanwhile."""

    def term() -> int:
        return one(conn, "SELECT term FROM backbeat.jobs WHERE name = %s", JOB) or 0

    def outcome() -> str:
        return one(conn, "SELECT outcome FROM backbeat.jobs WHERE name = %s", JOB) or ""

    with database(data_dir) as conn, ExitStack() as running:
        migrate(data_dir)
        with backbeat(data_dir, "index", "--simulate", "--exit-at-tip") as index:
            assert index.wait(PATIENCE_SECONDS) == 0
        with psycopg.connect(conn.info.dsn) as holder:
            holder.execute("LOCK TABLE hourly_play_counts IN ACCESS EXCLUSIVE MODE")
            worker = backbeat(data_dir, "jobs", "run", DATABASE_IDLE_TIMEOUT_SECONDS=idle_seconds)
            first = running.enter_context(worker)
            eventually("it is about to write", lambda: one(conn, WAITS_FOR_LOCK))
            first.send_signal(signal.SIGSTOP)
        held_until = one(conn, "SELECT lease_until FROM backbeat.jobs WHERE name = %s", JOB)
        second = running.enter_context(backbeat(data_dir, "jobs", "run"))
        eventually("the run is taken over", lambda: term() == 2)
        assert one(conn, "SELECT started_at FROM backbeat.jobs WHERE name = %s", JOB) >= held_until
        if not told:
            eventually("the server ended its session", lambda: not one(conn, STANDS_STILL))
        first.send_signal(signal.SIGCONT)
        eventually("the run is done", lambda: outcome() not in {"", "lost"})
        assert (term(), outcome()) == (2, "changed")
        assert one(conn, "SELECT sum(play_count) FROM hourly_play_counts") == one(conn, "SELECT count(*) FROM plays")
        lost = "SELECT array_agg(outcome ORDER BY run) FROM backbeat.job_runs WHERE name = %s"
        assert one(conn, lost, JOB)[:2] == ["lost", "changed"]
        assert told in drain(first, signal.SIGTERM)
        assert "job_taken_over" in drain(second, signal.SIGTERM)


def test_an_indexer_that_stood_still_goes_back_to_waiting_and_leads_again(data_dir: Path) -> None:
    def height() -> int:
        return one(conn, "SELECT height FROM backbeat.cursor") or 0

    def term() -> int:
        return one(conn, "SELECT term FROM backbeat.leases WHERE name = 'index'") or 0

    def grows() -> None:
        before = height()
        eventually("blocks are committed", lambda: height() > before)

    with database(data_dir) as conn, ExitStack() as running:
        migrate(data_dir)
        first = running.enter_context(backbeat(data_dir, "index", "--simulate"))
        eventually("the first leads", lambda: height() > 0)
        second = running.enter_context(backbeat(data_dir, "index", "--simulate"))
        grows()
        first.send_signal(signal.SIGSTOP)
        stopped_at = time.monotonic()
        eventually("the second leads", lambda: term() == 2)
        assert time.monotonic() - stopped_at < LEASE_SECONDS + 20.0  # a busy machine takes several times as long
        grows()
        first.send_signal(signal.SIGCONT)
        grows()
        assert term() == 2
        second.kill()
        eventually("the first leads again", lambda: term() == 3)
        grows()
        assert one(conn, UNNOTED) == 0  # of one instant: blocks are committed meanwhile
        assert "indexing_handed_over" in drain(first, signal.SIGTERM)
