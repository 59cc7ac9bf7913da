"""Whatever artists do, however it is batched and whenever the job runs: users hear what the rules, row by row, say."""

from datetime import timedelta
from random import Random
from typing import Any

import psycopg
import pytest
from conformance.world import W1
from conftest import new_database
from depth import at_depth
from integration.aggregates.ledger import expected as counted
from integration.aggregates.ledger import kept

from backbeat.db.embedded import EmbeddedPostgres
from backbeat.index.rows.users import UserRow
from builders.chain import GENESIS
from builders.told import Told, chain_on
from harness.content_histories import ALBUM, BLOCKS, PLAYLISTS, USERS, Said, history
from harness.content_reference import Listeners, Purchase

KINDS = {
    *("create", "remix", "artist_remix_contest_submissions", "fan_remix_contest_submission"),
    *("fan_remix_contest_started", "fan_remix_contest_winners_selected"),
    *("track_added_to_playlist", "track_added_to_purchased_album"),
}
START = GENESIS.replace(tzinfo=None)
BUY = """
    INSERT INTO usdc_purchases
        (slot, signature, buyer_user_id, seller_user_id, amount, content_type, content_id, created_at)
    VALUES (%s, %s, %s, 1, 100, 'album', %s, %s)
"""


def purchases(draw: Random) -> list[Purchase]:
    return [
        (draw.choice(USERS), draw.choice((ALBUM, *PLAYLISTS)), START + timedelta(seconds=draw.randint(0, BLOCKS)))
        for _ in range(draw.randint(0, 6))
    ]


def expected(blocks: list[list[Said]], bought: list[Purchase]) -> list[Told]:
    """Return what users hear by the rules."""
    world = Listeners(bought)
    for user_id in USERS:
        world.put(UserRow(user_id=user_id, handle=f"user{user_id}", wallet=W1, created_at=START, updated_at=START))
    for height, block in enumerate(blocks, 1):
        world.time, world.number = START + timedelta(seconds=height), height
        for said in block:
            world.send(said.user_id, said.pair, said.entity_id, said.metadata or None)
    return [world.heard[identity] for identity in sorted(world.heard)]


async def told(url: str, blocks: list[list[Said]], bought: list[Purchase], together: int, at_once: int) -> list[Told]:
    """Return what users hear of the blocks, indexed in batches, told of after every so many."""
    async with chain_on(url, acts_max=7) as chain:
        await chain.people(*USERS)
        for slot, (buyer, album, at) in enumerate(bought):
            await chain.connection.execute(BUY.encode(), [slot, str(slot), buyer, album, at])
        for first in range(0, len(blocks), at_once):
            part = blocks[first : first + at_once]
            await chain.blocks([[chain.said(*said) for said in block] for block in part], together=together)
            await chain.tell()
        found: list[Any] = [each for each in await chain.told() if each.kind in KINDS]
    return sorted(found, key=lambda each: (each.group_id, each.specifier))


@pytest.mark.parametrize("seed", range(at_depth(1, 3, 100)))
async def test_users_hear_what_the_rules_say(
    seed: int, postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str
) -> None:
    draw = Random(seed)
    blocks, bought = history(draw), purchases(draw)
    rules = expected(blocks, bought)
    for together, at_once in ((1, 1), (5, 10), (100, 100)):
        with new_database(postgres, admin, template) as url:
            assert await told(url, blocks, bought, together, at_once) == rules
            with psycopg.connect(url) as session:
                for subject in ("user", "track", "playlist"):
                    assert kept(session, subject) == counted(session, subject)


def test_the_histories_tell_of_everything() -> None:
    heard = set()
    for seed in range(40):
        draw = Random(seed)
        heard |= {each.kind for each in expected(history(draw), purchases(draw))}
    assert heard == KINDS
