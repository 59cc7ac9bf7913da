from collections.abc import Callable

import pytest
from jobs_bench import Bench, HeldClock

from backbeat.db.pool import Lanes


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def bench(lanes: Lanes, clock: HeldClock) -> Callable[..., Bench]:
    return lambda *jobs, **settings: Bench(lanes, clock, *jobs, **settings)
