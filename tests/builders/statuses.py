"""Status trees for tests that show or judge them."""

from datetime import UTC, datetime
from typing import Any

from backbeat.codes import Phase
from backbeat.incremental.change_log import ConsumerLag
from backbeat.jobs.operate import JobView
from backbeat.jobs.record import Totals
from backbeat.observe.tree import DatabaseStatus, IndexerStatus, Status
from backbeat.observe.watched import DifferenceGroup, WatchStatus

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def indexer(**changes: Any) -> IndexerStatus:
    """An indexer at the tip."""
    values: dict[str, Any] = {
        "phase": Phase.AT_TIP,
        "source": "simulator",
        "chain_id": "test-chain",
        "height": 1_234,
        "head_height": 1_234,
        "lag_blocks": 0,
        "lag_seconds": 0.0,
        "block_time": NOW,
        "block_age_seconds": 1.0,
        "heartbeat_age_seconds": 0.5,
        "started_at": NOW,
        "blocks_per_second": 1.0,
        "transactions_per_second": 20.0,
        "plays_per_second": 12.0,
    }
    return IndexerStatus(**values | changes)


def job(name: str = "trending_tracks", **changes: Any) -> JobView:
    """A fresh job."""
    values: dict[str, Any] = {
        "name": name,
        "group": "trending",
        "every_seconds": 5.0,
        "freshness_seconds": 30.0,
        "state": "fresh",
        "off_reason": "",
        "waits_for": "",
        "running": False,
        "age_seconds": 2.0,
        "last_started_at": NOW,
        "last_seconds": 0.25,
        "failures": 0,
        "last_outcome": "changed",
        "last_rows": 12,
        "next_run_at": NOW,
        "error": "",
        "cure": "",
        "weight": "light",
        "timeout_seconds": 600.0,
        "deferred_since": None,
        "deferred_seconds": None,
        "deferred_reason": "",
        "totals": Totals(name),
    }
    return JobView(**values | changes)


def consumer(name: str = "challenges:ft:tips", **changes: Any) -> ConsumerLag:
    """A consumer that has read everything."""
    values: dict[str, Any] = {
        "stream": "tips",
        "lost": False,
        "updated_at": NOW,
        "log_rows": 0,
        "keys": 0,
        "seconds": 0.0,
    }
    return ConsumerLag(name=name, **values | changes)


def status(**changes: Any) -> Status:
    """A healthy status without counts or jobs."""
    values: dict[str, Any] = {
        "at": NOW,
        "version": "0.1.0",
        "headline": "At the tip: block 1,234, 0 behind",
        "tone": "good",
        "healthy": True,
        "indexer": indexer(),
        "transactions": (),
        "pairs": (),
        "rejected": (),
        "jobs": (),
        "database": DatabaseStatus(
            version="18.1",
            name="backbeat",
            size_bytes=11_000_000,
            connections=5,
            connections_max=100,
            clock_skew_seconds=0.0,
        ),
        "checks": (),
    }
    return Status(**values | changes)


def served_states(status: Status) -> set[str]:
    """Return how the jobs stand that are not off."""
    return {job.state for job in status.jobs if not job.off_reason}


def watch(*differences: tuple[str, str, str, int], **changes: Any) -> WatchStatus:
    """A comparison with another indexer's database, with what differs by subject, kind and cause."""
    values: dict[str, Any] = {
        "database": "discovery",
        "here_height": 1_234,
        "there_height": 1_232,
        "began_at": NOW,
        "looked_at": NOW,
        "equal_seconds": 86_400.0,
        "equal_from_height": 1_000,
        "rounds": 3,
        "rows": 1_200_000,
        "passed_over": 0,
        "differences": tuple(
            DifferenceGroup(
                subject=subject, kind=kind, cause=cause, rows=rows, waiting=0, key=("1",), columns=(), here=(), there=()
            )
            for subject, kind, cause, rows in differences
        ),
    }
    return WatchStatus(**values | changes)
