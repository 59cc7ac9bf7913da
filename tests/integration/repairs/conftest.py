from random import Random
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.repairs.audio_analysis import ANALYSIS, AUDIO_ANALYSIS
from backbeat.derived.repairs.repair import Repair
from backbeat.derived.repairs.track_cid import CIDS, TRACK_CID
from builders.content_nodes import MakeRepair, RepairWorld, RingingClock


@pytest.fixture
def clock() -> RingingClock:
    return RingingClock()


@pytest.fixture
async def world(connection: AsyncConnection[Any]) -> RepairWorld:
    return await RepairWorld.empty(connection)


@pytest.fixture
def analyses(clock: RingingClock) -> MakeRepair:
    """Make the repair of analyses, of the nodes at some addresses."""
    return lambda named: Repair(ANALYSIS, AUDIO_ANALYSIS.queue, named, clock=clock, now=clock.at, random=Random(7))


@pytest.fixture
def cids(clock: RingingClock) -> MakeRepair:
    """Make the repair of CIDs, likewise."""
    return lambda named: Repair(CIDS, TRACK_CID.queue, named, clock=clock, now=clock.at, random=Random(7))
