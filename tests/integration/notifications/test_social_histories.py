"""However a history is cut into batches, and whenever the job runs, users hear what they would hear one by one."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from depth import at_depth

from builders.chain import GENESIS
from builders.told import NewChain, ToldChain
from harness.social_histories import SCENE, history, set_scene, transaction
from harness.social_reference import Reference, Said

BLOCKS = 60
SOCIAL = {
    *("follow", "milestone_follower_count", "save", "repost", "milestone"),
    *("save_of_repost", "repost_of_repost", "cosign"),
}
PAUSE = timedelta(days=40)  # so long that no repost before inspires anybody behind


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
async def test_batches_and_runs_do_not_show(seed: int, new_chain: NewChain) -> None:
    draw = Random(seed)
    blocks = history(draw, BLOCKS)
    pause_at = draw.randrange(BLOCKS)
    reference = expected(blocks, pause_at)
    assert {kind for kind, *_ in reference.told.values()} >= {"follow", "save", "repost", "milestone"}
    for acts_max in (1, 40, 5_000):
        async with new_chain(acts_max) as chain:
            await set_scene(chain)
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
