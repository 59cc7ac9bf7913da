"""Who runs, and on what server: told by the processes themselves, shown by the status."""

import asyncio
from typing import Any

import psycopg
import pytest
import structlog.testing
from psycopg import AsyncConnection

from backbeat.clock import SystemClock
from backbeat.codes import Phase
from backbeat.db.pool import Lanes
from backbeat.jobs.catalog import JOBS
from backbeat.jobs.store import register
from backbeat.observe import metrics
from backbeat.observe.presence import Presence
from backbeat.observe.processes import PROCESSES_MAX
from backbeat.observe.status import read_status
from backbeat.observe.tree import Status
from builders.indexed import seed
from builders.statuses import served_states
from harness import ChainWriter

Connection = AsyncConnection[Any]


def presence(lanes: Lanes, *parts: str, state: str = "") -> Presence:
    return Presence(lanes.control, SystemClock(), parts, lambda: state)


async def status(connection: Connection) -> Status:
    return await read_status(connection, SystemClock())


def check(found: Status, name: str) -> Any:
    [one] = [check for check in found.checks if check.name == name]
    return one


async def test_every_process_is_shown_with_its_parts_and_goes_when_it_ends(
    lanes: Lanes, connection: Connection
) -> None:
    leader = presence(lanes, "index", "jobs", "web", state=Phase.AT_TIP)
    standby = presence(lanes, "index", state=Phase.WAITING)
    for each in (leader, standby):
        await each.tell()
        await each.tell()
    found = await status(connection)
    assert sorted((each.parts, each.state) for each in found.processes) == [
        (["index"], Phase.WAITING),
        (["index", "jobs", "web"], Phase.AT_TIP),
    ]
    assert all(each.is_there and each.pid and each.host for each in found.processes)
    text = metrics.render(found).decode()
    assert 'backbeat_processes{part="index"} 2.0' in text
    assert 'backbeat_processes{part="jobs"} 1.0' in text
    await standby.leave()
    assert [each.parts for each in (await status(connection)).processes] == [["index", "jobs", "web"]]


async def test_a_process_that_was_never_there_takes_nothing_back(lanes: Lanes) -> None:
    await lanes.close()
    await presence(lanes, "web").leave()


async def test_a_process_that_was_killed_is_shown_as_silent_and_removed_in_the_end(
    lanes: Lanes, connection: Connection
) -> None:
    dead, alive = presence(lanes, "jobs"), presence(lanes, "jobs")
    await dead.tell()
    for interval in ("1 minute", "-8 hours"):  # long ago, or by a clock that was ahead
        await connection.execute("UPDATE backbeat.processes SET seen_at = clock_timestamp() - %s::interval", [interval])
        [silent] = (await status(connection)).processes
        assert not silent.is_there
    await alive.tell()
    [left] = (await status(connection)).processes
    assert left.is_there


async def test_the_list_is_bounded(lanes: Lanes, connection: Connection) -> None:
    await connection.execute(
        "INSERT INTO backbeat.processes "
        "SELECT gen_random_uuid(), 'h', n, 'v', '{jobs}', '', now(), now() FROM generate_series(1, 300) AS n"
    )
    await presence(lanes, "jobs").tell()
    [[rows]] = await (await connection.execute("SELECT count(*) FROM backbeat.processes")).fetchall()
    assert rows <= PROCESSES_MAX + 1


async def test_a_process_that_cannot_tell_goes_on(lanes: Lanes, connection: Connection) -> None:
    told = presence(lanes, "jobs")
    await connection.execute("ALTER TABLE backbeat.processes RENAME TO elsewhere")
    with structlog.testing.capture_logs() as logs:
        await told.tell()
        await told.tell()
    assert [line["event"] for line in logs] == ["presence_not_told"]
    await connection.execute("ALTER TABLE backbeat.elsewhere RENAME TO processes")
    await told.tell()
    assert len((await status(connection)).processes) == 1


async def restore(connection: Connection) -> None:
    """Leave the rows as a restore into another cluster would: consumers' positions are of the old one."""
    await connection.execute("UPDATE backbeat.server SET system_identifier = 12345")
    await connection.execute("UPDATE backbeat.consumers SET epoch = 12345")


async def consume(connection: Connection, *names: str) -> None:
    for name in names:
        await connection.execute(
            "INSERT INTO backbeat.consumers (name, stream, snapshot, epoch) "
            "VALUES (%s, 'saves', pg_current_snapshot(), backbeat.epoch())",
            [name],
        )


async def test_a_restored_database_says_so_until_its_consumers_are_rebuilt(
    lanes: Lanes, connection: Connection
) -> None:
    process = presence(lanes, "index")
    await process.tell()
    await consume(connection, "a", "b")
    assert check(await status(connection), "server").ok
    await restore(connection)
    with structlog.testing.capture_logs() as logs:
        await asyncio.gather(process.tell(), presence(lanes, "jobs").tell())  # two notice, one says it
        await process.tell()
    [event] = [line for line in logs if line["event"] == "database_moved"]
    assert (event["how"], event["consumers_to_rebuild"]) == ("restored", 2)

    found = await status(connection)
    moved = check(found, "server")
    assert not moved.ok
    assert "restored or moved" in moved.detail
    assert "0 of 2 consumers" in moved.detail
    assert found.moves.restores == 1
    await connection.execute("UPDATE backbeat.consumers SET epoch = backbeat.epoch() WHERE name = 'a'")
    found = await status(connection)
    assert "1 of 2 consumers" in check(found, "server").detail
    text = metrics.render(found).decode()
    assert 'backbeat_database_moves_total{how="restored"} 1.0' in text
    assert 'backbeat_database_moves_total{how="promoted"} 0.0' in text
    assert "backbeat_consumers_rebuilding 1.0" in text
    await connection.execute("UPDATE backbeat.consumers SET epoch = backbeat.epoch()")
    assert check(await status(connection), "server").ok


async def test_a_first_rebuild_is_no_restore(lanes: Lanes, connection: Connection) -> None:
    await presence(lanes, "index").tell()
    await consume(connection, "a")
    await connection.execute("UPDATE backbeat.consumers SET epoch = -epoch")  # owes its first rebuild
    assert check(await status(connection), "server").ok


async def test_a_database_restored_before_anybody_noted_its_server_is_known_by_its_consumers(
    lanes: Lanes, connection: Connection
) -> None:
    await consume(connection, "a")
    await connection.execute("UPDATE backbeat.consumers SET epoch = 12345")
    await presence(lanes, "index").tell()
    assert (await status(connection)).moves.moved == "restored"


async def test_a_promoted_standby_says_so_and_nothing_is_rebuilt(lanes: Lanes, connection: Connection) -> None:
    process = presence(lanes, "index")
    await process.tell()
    await consume(connection, "a")
    await connection.execute("UPDATE backbeat.server SET timeline = timeline - 1")
    await process.tell()
    found = await status(connection)
    assert (found.moves.moved, found.moves.promotions) == ("promoted", 1)
    assert check(found, "server").ok


async def ran(connection: Connection, *, hours_ago: float) -> None:
    await connection.execute(
        "UPDATE backbeat.jobs SET outcome = 'quiet', started_at = began, succeeded_at = began "
        "FROM (SELECT clock_timestamp() - make_interval(secs => %s) AS began) AS then_",
        [hours_ago * 3_600],
    )


async def test_no_job_is_late_before_its_first_chance_after_a_start(lanes: Lanes, connection: Connection) -> None:
    await ChainWriter(connection).commit([])
    await register(connection, JOBS)
    await ran(connection, hours_ago=30)
    assert served_states(await status(connection)) == {"late"}, "nobody runs them"
    await presence(lanes, "jobs").tell()
    found = await status(connection)
    assert served_states(found) == {"waiting"}
    assert "a worker has just started" in check(found, f"job {JOBS[0].name}").detail
    await connection.execute(  # it had its chance, and failed
        "UPDATE backbeat.jobs SET started_at = clock_timestamp(), outcome = 'failed', failures = 1 WHERE name = %s",
        [JOBS[0].name],
    )
    states = {job.name: job.state for job in (await status(connection)).jobs if not job.off_reason}
    assert states.pop(JOBS[0].name) == "late"
    assert set(states.values()) == {"waiting"}
    await connection.execute("UPDATE backbeat.processes SET reached_at = clock_timestamp() - interval '1 day'")
    assert served_states(await status(connection)) == {"late"}


async def test_no_job_is_late_before_its_first_chance_after_an_outage(lanes: Lanes, connection: Connection) -> None:
    await ChainWriter(connection).commit([])
    await register(connection, JOBS)
    await ran(connection, hours_ago=30)
    worker = presence(lanes, "jobs")
    await worker.tell()
    begun = "UPDATE backbeat.processes SET reached_at = clock_timestamp() - interval '1 day'"
    await connection.execute(begun)
    assert served_states(await status(connection)) == {"late"}
    await connection.execute("ALTER TABLE backbeat.processes RENAME TO elsewhere")
    await worker.tell()
    await connection.execute("ALTER TABLE backbeat.elsewhere RENAME TO processes")
    await worker.tell()
    assert served_states(await status(connection)) == {"waiting"}
    await connection.execute("UPDATE backbeat.jobs SET failures = 2, outcome = 'failed'")
    assert served_states(await status(connection)) == {"failing"}, "what failed before fails still"


async def test_a_job_that_succeeded_by_a_clock_that_was_ahead_is_not_fresh_for_hours(connection: Connection) -> None:
    await ChainWriter(connection).commit([])
    await register(connection, JOBS)
    await ran(connection, hours_ago=-30)
    assert served_states(await status(connection)) == {"late"}


async def test_a_heartbeat_of_a_clock_that_was_ahead_is_no_sign_of_life(connection: Connection) -> None:
    await seed(connection, heartbeat_age=-8 * 3_600)
    assert not check(await status(connection), "indexer").ok


async def test_a_server_that_does_not_say_who_it_is_is_not_asked_again(lanes: Lanes, connection: Connection) -> None:
    await connection.execute(
        "CREATE OR REPLACE FUNCTION backbeat.timeline() RETURNS integer LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE 'not here' USING ERRCODE = '0A000'; END $$"
    )
    process = presence(lanes, "index")
    with structlog.testing.capture_logs() as logs:
        await process.tell()
        await process.tell()
    assert [line["event"] for line in logs] == ["server_not_identified"]
    assert len((await status(connection)).processes) == 1
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        await connection.execute("SELECT backbeat.timeline()")
