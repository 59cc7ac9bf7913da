from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from backbeat.clock import SystemClock
from backbeat.codes import Phase
from backbeat.jobs import operate
from backbeat.jobs.catalog import JOBS
from backbeat.observe.status import read_sample, read_status
from backbeat.observe.tree import Outcomes, ReasonCount
from backbeat.settings import JobsSettings
from builders.indexed import CHAIN, make_behind, seed, seed_counts
from builders.statuses import served_states

Connection = psycopg.AsyncConnection[Any]


async def test_the_status_of_an_indexer_at_the_tip(connection: Connection) -> None:
    await seed(connection)
    status = await read_status(connection, SystemClock())
    assert status.indexer is not None
    assert (status.indexer.chain_id, status.indexer.height, status.indexer.lag_blocks) == (CHAIN, 1_234, 0)
    assert status.indexer.lag_seconds == 0.0
    assert status.indexer.block_age_seconds == pytest.approx(1.0, abs=2.0)
    assert status.headline == "At the tip: block 1,234, 0 behind"
    assert {check.name: check.ok for check in status.checks if not check.name.startswith("job ")} == {
        "database": True,
        "migrations": True,
        "indexer": True,
        "lag": True,
        "chain source": True,
        "change log": True,
        "server": True,
        "plays": True,
        "audits": True,
        "triggers of others": True,
        "another writer": True,
        "written tables": True,
    }


async def test_lag_is_told_in_blocks_and_in_seconds(connection: Connection) -> None:
    await seed(connection, height=1_000, head=1_111, phase=Phase.CATCHING_UP, block_age=500.0)
    status = await read_status(connection, SystemClock())
    assert status.indexer is not None
    assert status.indexer.lag_blocks == 111
    assert status.indexer.lag_seconds == pytest.approx(500.0, abs=5.0)
    assert not status.healthy
    assert [check.name for check in status.checks if not check.ok] == ["lag"]


async def test_a_head_below_the_frontier_is_no_negative_lag(connection: Connection) -> None:
    await seed(connection, height=1_001, head=1_000)
    status = await read_status(connection, SystemClock())
    assert status.indexer is not None
    assert status.indexer.lag_blocks == 0


async def test_a_head_that_was_seen_long_ago_is_unknown(connection: Connection) -> None:
    await seed(connection)
    await connection.execute("UPDATE backbeat.indexer SET head_seen_at = now() - interval '2 minutes'")
    status = await read_status(connection, SystemClock())
    assert status.indexer is not None
    assert (status.indexer.head_height, status.indexer.lag_blocks) == (None, None)
    assert [check.name for check in status.checks if not check.ok] == ["lag"]


async def test_an_indexer_that_stands_still_is_unhealthy_although_the_last_lag_was_zero(connection: Connection) -> None:
    await seed(connection, heartbeat_age=40.0)
    status = await read_status(connection, SystemClock())
    assert not status.healthy
    assert status.tone == "bad"
    assert "indexer" in [check.name for check in status.checks if not check.ok]


async def test_an_empty_database_has_a_status(connection: Connection) -> None:
    status = await read_status(connection, SystemClock())
    assert status.indexer is None
    assert not status.healthy
    assert status.database.connections >= 1
    assert status.database.size_bytes > 0


async def test_a_database_without_our_tables_says_how_to_get_them(empty_database_url: str) -> None:
    async with await psycopg.AsyncConnection.connect(empty_database_url, autocommit=True) as bare:
        status = await read_status(bare, SystemClock())
        sample = await read_sample(bare, SystemClock())
    (failing,) = (check for check in status.checks if not check.ok)
    assert failing.name == "migrations"
    assert "backbeat migrate" in failing.cure
    assert sample.lag_blocks is None


async def test_counts_are_summed_by_kind_by_pair_and_by_reason(connection: Connection) -> None:
    await seed_counts(connection)
    status = await read_status(connection, SystemClock())
    assert status.transactions == (
        Outcomes("plays", applied=1_204_311),
        Outcomes("manage_entity", applied=169_637, rejected=1_838),
        Outcomes("sla_rollup", ignored=402),
    )
    assert status.rejected == (
        ReasonCount("duplicate", 1_530),
        ReasonCount("not_owner", 211),
        ReasonCount("signer_unauthorized", 97),
    )
    assert Outcomes("Track/Save", applied=91_007, rejected=1_530) in status.pairs


async def test_a_sample_of_an_indexer_that_stands_still_has_no_rates(connection: Connection) -> None:
    await seed(connection)
    assert (await read_sample(connection, SystemClock())).transactions_per_second == pytest.approx(20.1)
    await seed(connection, heartbeat_age=60.0)
    assert (await read_sample(connection, SystemClock())).transactions_per_second is None


async def test_jobs_that_never_ran_are_late_once_they_should_have(connection: Connection) -> None:
    await seed(connection, up=5.0)
    assert served_states(await read_status(connection, SystemClock())) == {"waiting"}
    await seed(connection, up=86_400.0)
    status = await read_status(connection, SystemClock())
    assert served_states(status) == {"late"}
    assert not status.healthy
    assert "late" in status.headline


async def test_a_job_that_succeeded_lately_is_fresh(connection: Connection) -> None:
    await seed(connection, up=86_400.0)
    await operate.resume(connection, JOBS[0].name)
    await connection.execute("UPDATE backbeat.jobs SET succeeded_at = now() - interval '1 second'")
    status = await read_status(connection, SystemClock())
    (fresh,) = (job for job in status.jobs if job.state == "fresh")
    assert fresh.name == JOBS[0].name
    assert fresh.age_seconds == pytest.approx(1.0, abs=2.0)


async def test_consumers_of_the_change_log_are_told_the_furthest_behind_first(connection: Connection) -> None:
    await make_behind(connection)
    log = (await read_status(connection, SystemClock())).change_log
    assert [(lag.name, lag.stream, lag.log_rows, lag.keys) for lag in log.consumers] == [
        ("slow", "songs", 2, 300),
        ("quick", "songs", 0, 0),
    ]
    assert log.consumers[0].seconds == pytest.approx(7_200, abs=60)
    assert log.size_bytes > 0


async def test_a_consumer_that_is_hours_behind_is_unhealthy(connection: Connection) -> None:
    await seed(connection)
    await make_behind(connection)
    status = await read_status(connection, SystemClock())
    assert [check.name for check in status.checks if not check.ok] == ["change log"]


async def test_an_interval_set_by_the_operator_is_shown(connection: Connection) -> None:
    settings = JobsSettings(every_seconds={JOBS[0].name: 999.0}, paused=(JOBS[1].name,))
    jobs = {job.name: job for job in (await read_status(connection, SystemClock(), settings)).jobs}
    assert jobs[JOBS[0].name].every_seconds == 999.0
    assert jobs[JOBS[1].name].state == "paused"


class AheadClock(SystemClock):
    def now(self) -> datetime:
        return datetime(2035, 1, 1, tzinfo=UTC)


async def test_the_difference_of_the_clocks_is_told(connection: Connection) -> None:
    status = await read_status(connection, AheadClock())
    assert status.database.clock_skew_seconds < -86_400
