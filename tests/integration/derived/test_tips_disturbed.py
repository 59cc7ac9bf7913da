"""Tips count once, whatever cuts a run off or runs beside it."""

from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.tips.supporter_counts import SUPPORTER_COUNTS
from backbeat.derived.tips.supporters import SUPPORTERS
from harness import check_deaths, check_two_workers
from harness.keepers import jobs_of
from harness.tips_world import CountsWorld, Step, ToldWorld, tip

pytestmark = pytest.mark.newest

JOBS: Any = {SUPPORTERS.name: (SUPPORTERS, ToldWorld), SUPPORTER_COUNTS.name: (SUPPORTER_COUNTS, CountsWorld)}
# What waits in the last step: rows to insert, to update and to delete; a late tip, and a slot that becomes known.
HISTORY = [
    Step([tip(10, 1, 9, 100), tip(11, 2, 9, 300), tip(11, 3, 8, 5)], paid=[10]),
    Step([tip(12, 1, 9, 250), tip(5, 4, 9, 200), tip(11, 2, 9, 290)], taken_back=["s11:3"], paid=[11, 12]),
]

each = pytest.mark.parametrize("job", jobs_of(__name__))
disturbed = pytest.mark.parametrize("history", [HISTORY[:1], HISTORY], ids=["first_run", "later_run"])


@each
@disturbed
async def test_death_at_any_exchange_loses_and_repeats_nothing(
    job: str, history: list[Step], database_url: str, connection: AsyncConnection[Any]
) -> None:
    derived, world = JOBS[job]
    assert await check_deaths(derived, history, database_url, connection, world) >= 5


@each
@disturbed
async def test_a_second_worker_at_any_exchange_counts_nothing_twice(
    job: str, history: list[Step], database_url: str, connection: AsyncConnection[Any]
) -> None:
    derived, world = JOBS[job]
    assert await check_two_workers(derived, history, database_url, connection, world) >= 5
