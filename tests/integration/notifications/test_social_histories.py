"""However a history is cut into batches, and whenever the job runs, users hear what they would hear one by one."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random
from typing import Any

import psycopg
import pytest
from conftest import new_database
from depth import at_depth
from psycopg import AsyncConnection

from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.pool import open_lanes
from backbeat.derived.notifications.notifications import EventNotifications
from backbeat.settings import DatabaseSettings
from builders.chain import GENESIS
from builders.told import ToldChain
from harness.social_histories import SCENE, history, set_scene, transaction
from harness.social_reference import Reference, Said

BLOCKS = 60
SOCIAL = {
    *("follow", "milestone_follower_count", "save", "repost", "milestone"),
    *("save_of_repost", "repost_of_repost", "cosign"),
}
PAUSE = timedelta(days=40)  # so long that no repost before inspires anybody behind


@asynccontextmanager
async def new_chain(
    postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str, acts_max: int
) -> AsyncIterator[ToldChain]:
    """A chain with the scene in it, told by a job that takes so many acts at once."""
    with new_database(postgres, admin, template) as url:
        async with (
            await open_lanes(url, DatabaseSettings()) as lanes,
            await AsyncConnection.connect(url, autocommit=True, options="-c timezone=UTC") as connection,
        ):
            chain = ToldChain(lanes, connection, EventNotifications(acts_max=acts_max))
            await set_scene(chain)
            yield chain


def expected(blocks: Sequence[Sequence[Said]], pause_at: int) -> Reference:
    reference = Reference(SCENE)
    for number, block in enumerate(blocks, 2):
        late = PAUSE if number - 2 >= pause_at else timedelta(0)
        reference.block(number, GENESIS.replace(tzinfo=None) + timedelta(seconds=number) + late, block)
    return reference


async def compare(chain: ToldChain, reference: Reference) -> None:
    told = {(each.group_id, each.specifier): _told(each) for each in await chain.told() if each.kind in SOCIAL}
    assert told == reference.told
    milestones = {(name, item, count): (number, at) for item, name, count, number, _, at in await chain.milestones()}
    assert milestones == reference.milestones


def _told(each: Any) -> tuple[Any, ...]:
    return (each.kind, each.user_ids, each.data, each.block_number, each.time)


@pytest.mark.parametrize("seed", range(at_depth(1, 3, 40)))
async def test_batches_and_runs_do_not_show(
    seed: int, postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str
) -> None:
    draw = Random(seed)
    blocks = history(draw, BLOCKS)
    pause_at = draw.randrange(BLOCKS)
    reference = expected(blocks, pause_at)
    assert {kind for kind, *_ in reference.told.values()} >= {"follow", "save", "repost", "milestone"}
    for acts_max in (1, 40, 5_000):
        async with new_chain(postgres, admin, template, acts_max) as chain:
            at = 0
            while at < BLOCKS:
                upto = min(at + draw.randint(1, 25), BLOCKS)
                if at < pause_at < upto:
                    upto = pause_at
                said = [[transaction(chain, each) for each in block] for block in blocks[at:upto]]
                pause = PAUSE if at == pause_at else timedelta(0)
                await chain.blocks(said, together=draw.choice((1, 3, 100)), pause=pause)
                if draw.random() < 0.4:
                    await chain.tell()
                at = upto
            await compare(chain, reference)
