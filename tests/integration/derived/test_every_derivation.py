"""Each derivation of plays stands the shared harness; who puts the others through it: ``harness/keepers.py``."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from depth import at_depth
from hypothesis import HealthCheck, Phase, example, given, settings
from psycopg import AsyncConnection

from backbeat.derived.challenges.play_count_milestones import PLAY_COUNT_MILESTONES
from backbeat.derived.plays.hourly import HOURLY_PLAY_COUNTS
from backbeat.derived.plays.listening_history import USER_LISTENING_HISTORY
from harness import Play, Track, User, check_deaths, check_history, check_two_workers, histories
from harness.chain_writer import CatalogEdit
from harness.check import Derived
from harness.histories import EACH_ALONE, History
from harness.keepers import jobs_of

DERIVATIONS = {one.name: one for one in (HOURLY_PLAY_COUNTS, USER_LISTENING_HISTORY, PLAY_COUNT_MILESTONES)}
NOON = datetime(2025, 6, 1, 12)  # noqa: DTZ001 - the network's columns hold naive UTC

each = pytest.mark.parametrize(
    "derived", [DERIVATIONS[job] for job in jobs_of(__name__)], ids=lambda derived: derived.name
)

# Rows to insert, to update and (for milestones) to complete wait in the last step.
HISTORY: History = [
    [[User(1, is_verified=True), Track(1, 1), *[Play(1, 2, NOON)] * 4]],
    [
        [User(3, is_verified=True), Track(2, 3), Play(2, None, NOON + timedelta(hours=1))],
        [*[Play(1, 2, NOON)] * 2, *[Play(2, 5, NOON + timedelta(hours=2))] * 13],
    ],
]


# The third tier opens once the second is off: nothing else of its artist changes.
SWITCHED_OFF: History = [
    [[User(1, is_verified=True), Track(3, 1), *[Play(3, 2, NOON)] * 9]],
    CatalogEdit("p2", "active", value=False),
    [[User(2)]],
]

disturbed = pytest.mark.parametrize("history", [HISTORY[:1], HISTORY], ids=["first_run", "later_run"])


@each
@example(history=EACH_ALONE)
@example(history=SWITCHED_OFF)
@given(history=histories())
@settings(
    max_examples=at_depth(4, 20, 200),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes here; histories are short anyway
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_incremental_equals_full_after_each_step(
    derived: Derived, history: History, connection: AsyncConnection[Any], twin: AsyncConnection[Any]
) -> None:
    await check_history(derived, history, connection, twin)


@pytest.mark.newest
@each
@disturbed
async def test_death_at_any_exchange_loses_and_repeats_nothing(
    derived: Derived, history: History, database_url: str, connection: AsyncConnection[Any]
) -> None:
    assert await check_deaths(derived, history, database_url, connection) >= 6


@pytest.mark.newest
@each
@disturbed
async def test_second_worker_at_any_exchange_counts_nothing_twice(
    derived: Derived, history: History, database_url: str, connection: AsyncConnection[Any]
) -> None:
    assert await check_two_workers(derived, history, database_url, connection) >= 6
