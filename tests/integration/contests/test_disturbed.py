"""Everybody hears of a contest once, whatever cuts the run off at any exchange, or runs beside it."""

from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.contests.notices import CONTEST_NOTICES
from harness import check_deaths, check_two_workers
from harness.challenge_world import EPOCH, follow, save, subscription, track
from harness.contest_world import ContestWorld, Edit, Step, ending, job, remix_of
from harness.keepers import jobs_of

pytestmark = pytest.mark.newest

END = EPOCH + timedelta(hours=100)
FIRST = [track(1000, 100), follow(3, 100), save(4, 1000), subscription(5, 500), ending(500, 100, 1000, END)]
HISTORY = [
    Step(10, FIRST),
    Step(60, [follow(6, 100), ending(501, 100, 1000, END + timedelta(hours=1))]),
    Step(
        30,
        [follow(7, 100), save(8, 1000), remix_of(1001, 9, 1000), ending(502, 100, 1000, END - timedelta(hours=1))],
        [Edit(follow(10, 100), {"is_delete": False})],
    ),
]
JOBS: dict[str, Any] = {CONTEST_NOTICES.name: job(users_max=8)}
EXCHANGES = 21  # of a run that does all there is to do

each = pytest.mark.parametrize("name", jobs_of(__name__))


@each
async def test_death_at_any_exchange_tells_once(name: str, database_url: str, connection: AsyncConnection[Any]) -> None:
    world: Any = ContestWorld
    assert await check_deaths(JOBS[name], HISTORY, database_url, connection, world) <= EXCHANGES


@each
async def test_second_worker_at_any_exchange_tells_nothing_twice(
    name: str, database_url: str, connection: AsyncConnection[Any]
) -> None:
    world: Any = ContestWorld
    assert await check_two_workers(JOBS[name], HISTORY, database_url, connection, world) <= EXCHANGES
