"""A repair is done once, and an attempt in vain counted once, whatever cuts a run off or runs beside it."""

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.repairs.audio_analysis import ANALYSIS, AUDIO_ANALYSIS
from backbeat.derived.repairs.repair import Kind, Repair
from backbeat.derived.repairs.track_cid import CIDS, TRACK_CID
from builders.content_nodes import RepairWorld, RingingClock, at, knowing, nodes, song, upload
from harness.check import check_deaths, check_two_workers
from harness.keepers import jobs_of

pytestmark = pytest.mark.newest

REPAIRS: Mapping[str, tuple[Kind[Any], Repair[Any]]] = {
    AUDIO_ANALYSIS.name: (ANALYSIS, AUDIO_ANALYSIS),
    TRACK_CID.name: (CIDS, TRACK_CID),
}
HISTORY = [
    [song(1), upload(11)],
    [song(2), song(3, audio_upload_id="up3"), song(4), upload(12), upload(13), upload(14, audio_upload_id="..")],
]
KNOWN = {
    "/tracks/legacy/cid2/analysis": {"results": {"key": "A major", "bpm": 90.0}, "error_count": 1},
    "/uploads/up3": {"audio_analysis_results": {"bpm": 91}, "audio_analysis_error_count": 2},
    "/uploads/up12": {"status": "done", "results": {"320": "bae12"}},
}

each = pytest.mark.parametrize("job", jobs_of(__name__))


def disturbed(job: str, named: list[str]) -> Any:
    kind, repair = REPAIRS[job]
    clock = RingingClock()
    return Repair(kind, repair.queue, named, clock=clock, now=clock.at, random=Random(7))


@each
async def test_death_at_any_exchange_counts_once(job: str, database_url: str, connection: AsyncConnection[Any]) -> None:
    world: Any = RepairWorld
    async with nodes(knowing(KNOWN), knowing(KNOWN)) as servers:
        await check_deaths(disturbed(job, at(servers)), HISTORY, database_url, connection, world)


@each
async def test_second_worker_at_any_exchange_counts_nothing_twice(
    job: str, database_url: str, connection: AsyncConnection[Any]
) -> None:
    world: Any = RepairWorld
    async with nodes(knowing(KNOWN), knowing(KNOWN)) as servers:
        await check_two_workers(disturbed(job, at(servers)), HISTORY, database_url, connection, world)
