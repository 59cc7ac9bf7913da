"""An audit that an operator asked for: to its end, range by range, and on from where it was cut off."""

from typing import Any

import msgspec
import pytest
from psycopg import AsyncConnection

from backbeat.clock import SystemClock
from backbeat.derived.audits import AUDITS, NO_AUDIT, chosen
from backbeat.errors import BackbeatError, ConfigError, JobError
from backbeat.incremental import visits
from backbeat.incremental.ranges import Outcome
from backbeat.jobs.catalog import everything
from backbeat.reads import audits
from backbeat.settings import JobsSettings, Settings

[USERS] = chosen(["aggregates.users"])
TWO_AT_A_TIME = msgspec.structs.replace(USERS, keys_max=2)
CLOCK = SystemClock()


@pytest.fixture
async def five(connection: AsyncConnection[Any]) -> AsyncConnection[Any]:
    """Five users, of whom the fourth is counted wrongly, and a row of counts that is nobody's."""
    await connection.execute(
        "INSERT INTO users (user_id, is_current, is_verified, created_at, updated_at, txhash)"
        " SELECT n, true, false, now(), now(), 'tx' FROM generate_series(1, 5) AS n"
    )
    await connection.execute("UPDATE aggregate_user SET follower_count = 7 WHERE user_id = 4")
    await connection.execute("INSERT INTO aggregate_user (user_id) VALUES (77)")
    return connection


async def test_every_row_is_visited(five: AsyncConnection[Any]) -> None:
    found = await audits.make(five, TWO_AT_A_TIME, CLOCK)
    assert found.is_through
    assert (found.found.keys, found.found.same, found.found.differing) == (6, 4, 2)
    assert [(each.key, each.column, each.stored is None) for each in found.found.samples] == [
        ({"user_id": 4}, "follower_count", False),
        ({"user_id": 77}, None, False),
    ]


async def test_one_that_was_cut_off_goes_on(five: AsyncConnection[Any]) -> None:
    first = await audits.make(five, TWO_AT_A_TIME, CLOCK, ranges_max=1)
    assert (first.is_through, first.found.keys) == (False, 2)
    rest = await audits.make(five, TWO_AT_A_TIME, CLOCK)
    assert (rest.is_through, rest.found.keys, rest.found.differing) == (True, 6, 2)
    again = await audits.make(five, TWO_AT_A_TIME, CLOCK, ranges_max=1)
    assert (again.is_through, again.found.keys) == (False, 2)
    begun = await audits.make(five, TWO_AT_A_TIME, CLOCK, again=True, ranges_max=1)
    assert begun.found.keys == 2


async def test_a_table_without_rows_is_not_clean(connection: AsyncConnection[Any]) -> None:
    for audit in AUDITS:
        found = await audits.make(connection, audit, CLOCK)
        assert found.is_through
        if audit.name != "aggregates.entity_sums":  # whose only row is there from the start
            assert found.found.outcome in {Outcome.NOTHING, Outcome.UNVERIFIABLE}, audit.name


async def test_two_sessions_do_not_make_the_same_audit(
    five: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def kept(*_: Any) -> bool:
        return False

    monkeypatch.setattr(visits, "keep", kept)
    with pytest.raises(JobError) as refused:
        await audits.make(five, TWO_AT_A_TIME, CLOCK)
    assert refused.value.code == "audit_disturbed"


@pytest.mark.parametrize("name", ["nothing", *NO_AUDIT])
def test_what_cannot_be_audited_says_why(name: str) -> None:
    with pytest.raises(BackbeatError) as refused:
        chosen([name])
    assert refused.value.code == "audit_unknown"
    assert NO_AUDIT.get(name, "no audit") in refused.value.message


@pytest.mark.parametrize("seconds", [-1.0, 3_601.0, float("nan")])
def test_a_budget_that_no_hour_has_is_refused(seconds: float) -> None:
    with pytest.raises(ConfigError) as refused:
        everything(Settings(jobs=JobsSettings(verify_seconds_per_hour=seconds)))
    assert refused.value.code == "verify_seconds_invalid"


async def test_it_tells_how_many_rows_it_has_looked_at(five: AsyncConnection[Any]) -> None:
    told: list[int] = []
    await audits.make(five, TWO_AT_A_TIME, CLOCK, ranges_max=2, tell=told.append)
    assert told == [0, 2]
    await audits.make(five, TWO_AT_A_TIME, CLOCK, tell=told.append)
    assert told[2:] == [4, 6], "what was done before counts"


async def test_the_size_of_every_audit_is_an_estimate_of_the_servers(five: AsyncConnection[Any]) -> None:
    await five.execute("ANALYZE aggregate_user")
    assert await audits.rows_about(five, [USERS]) == [6]
    assert all(size >= 1 for size in await audits.rows_about(five, AUDITS))
