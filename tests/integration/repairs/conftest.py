from random import Random
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.repairs.audio_analysis import ANALYSIS, AUDIO_ANALYSIS
from backbeat.derived.repairs.repair import Repair
from backbeat.derived.repairs.track_cid import CIDS, TRACK_CID
from builders.content_nodes import HeldClock, MakeRepair, RepairWorld


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
async def world(connection: AsyncConnection[Any]) -> RepairWorld:
    return await RepairWorld.empty(connection)


@pytest.fixture
def analyses(clock: HeldClock) -> MakeRepair:
    """Make the repair of analyses, of the nodes at some addresses."""
    return lambda named: Repair(ANALYSIS, AUDIO_ANALYSIS.queue, named, clock=clock, now=clock.at, random=Random(7))


@pytest.fixture
def cids(clock: HeldClock) -> MakeRepair:
    """Make the repair of CIDs, likewise."""
    return lambda named: Repair(CIDS, TRACK_CID.queue, named, clock=clock, now=clock.at, random=Random(7))
