"""The same blocks give the same rows of rewards, however the block loop cuts them into batches: a simulated network."""

from typing import Any

import psycopg
import pytest
from conftest import new_database
from psycopg import AsyncConnection

from backbeat.chain.networks import DEV
from backbeat.chain.simulator.blocks import BlockMaker
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.pool import open_lanes
from backbeat.derived.challenges.catalog import open_to_a_new_chain
from backbeat.settings import DatabaseSettings
from builders.chain import GENESIS, ListSource
from builders.indexing import index
from harness.challenge_jobs import challenges_of
from harness.challenge_world import ChallengeWorld
from harness.same_rows import ALL_COLUMNS, JUDGED_AS_OF_THE_BLOCK, pays

pytestmark = pytest.mark.slow

BLOCKS = 120
TXS_PER_BLOCK = 25.0
HOURS_APART = 3  # so that weeks and cooldowns pass


class Simulated(ListSource):
    """The first blocks of a simulated network."""

    def __init__(self, blocks: int) -> None:
        super().__init__([], "backbeat-simulated-1")
        maker = BlockMaker(1, TXS_PER_BLOCK, 1.0, DEV)
        first = int(GENESIS.timestamp())
        self.chain = [maker.block(at, (first + at * HOURS_APART * 3600) * 1_000_000) for at in range(1, blocks + 1)]


async def rewarded(url: str, *, batch_blocks: int, round_blocks: int) -> list[tuple[Any, ...]]:
    """Index with jobs after every so many blocks; return every column of the rewards."""
    source, whole = Simulated(BLOCKS), Simulated(BLOCKS).chain
    async with (
        await open_lanes(url, DatabaseSettings()) as lanes,
        await AsyncConnection.connect(url, autocommit=True, options="-c timezone=UTC") as connection,
    ):
        world = ChallengeWorld(connection)
        await open_to_a_new_chain(connection)
        jobs = [one for one in challenges_of(world) if pays(one, JUDGED_AS_OF_THE_BLOCK)]
        for upto in range(round_blocks, BLOCKS + round_blocks, round_blocks):
            source.chain = whole[:upto]
            await index(lanes, source, batch_blocks_max=batch_blocks)
            await world.run(*jobs)
        return await world.all(ALL_COLUMNS, list(JUDGED_AS_OF_THE_BLOCK))


async def test_batches_of_blocks_do_not_show(
    postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str
) -> None:
    found = {}
    for batch_blocks, round_blocks in ((1, 6), (25, BLOCKS), (400, BLOCKS)):
        with new_database(postgres, admin, template) as url:
            found[batch_blocks] = await rewarded(url, batch_blocks=batch_blocks, round_blocks=round_blocks)
    assert len({row[0] for row in found[1]}) > 5
    assert found[25] == found[1]
    assert found[400] == found[1]
