"""Users hear what they hear of row triggers that follow the network's rules (domain: chain and entities, 7.3).

Both listen to the same thousand blocks, of one transaction each, as the network's triggers see one row after another.
The number is that of the trial of an adoption (domain: adoption, 7).
"""

from collections.abc import AsyncIterator
from random import Random
from typing import Any

import psycopg
import pytest
from conftest import new_database
from integration.adopt.both_told import compared, listening
from integration.index.test_splits import history as every_pair
from integration.notifications import test_accounts as accounts
from psycopg import AsyncConnection

from backbeat.db.embedded import EmbeddedPostgres
from builders.chain import GENESIS
from builders.indexing import rows
from harness import content_histories, social_histories

pytestmark = [pytest.mark.newest, pytest.mark.slow]

LOWERED = """
    CREATE OR REPLACE FUNCTION theirs.user_thresholds() RETURNS bigint[] LANGUAGE sql AS
    $$ SELECT '{2, 3, 5}'::bigint[] $$;
    CREATE OR REPLACE FUNCTION theirs.item_thresholds() RETURNS bigint[] LANGUAGE sql AS
    $$ SELECT '{2, 4, 5}'::bigint[] $$
"""
"""As the program's are in these histories, where there are a dozen users."""
BOUGHT = """
    INSERT INTO usdc_purchases
        (slot, signature, buyer_user_id, seller_user_id, amount, content_type, content_id, created_at)
    SELECT n, n::text, user_id, 1, 100, 'album', album, %s
    FROM unnest(%s::int[], %s::int[]) WITH ORDINALITY AS bought (user_id, album, n)
"""


@pytest.fixture
async def url(postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str) -> AsyncIterator[str]:
    with new_database(postgres, admin, template) as made:
        yield made


async def test_t12_of_600_blocks_of_follows_saves_and_reposts(url: str) -> None:
    async with listening(url) as chain:
        await chain.connection.execute(LOWERED.encode())
        await social_histories.set_scene(chain)
        said = [each for block in social_histories.history(Random(1), 150) for each in block][:600]
        assert len(said) == 600
        found = await compared(chain, [social_histories.transaction(chain, each) for each in said])
    assert found.keys() >= {
        *("follow", "milestone_follower_count", "save", "repost", "milestone"),
        *("save_of_repost", "repost_of_repost", "cosign"),
    }


async def test_t12_of_400_blocks_of_tracks_playlists_and_contests(url: str) -> None:
    async with listening(url) as chain:
        await chain.people(*content_histories.USERS)
        albums = [content_histories.ALBUM, *content_histories.PLAYLISTS]
        buyers = [content_histories.USERS[at % 4] for at in range(len(albums))]
        await chain.connection.execute(BOUGHT.encode(), [GENESIS.replace(tzinfo=None), buyers, albums])
        said = [each for block in content_histories.history(Random(3), blocks=400, per_block_max=1) for each in block]
        assert len(said) >= 400
        found = await compared(chain, [chain.said(*each) for each in said])
    assert found.keys() >= {
        *("create", "remix", "artist_remix_contest_submissions", "fan_remix_contest_started"),
        *("track_added_to_playlist", "track_added_to_purchased_album"),
    }


async def test_t12_of_blocks_of_managers_and_tips(url: str) -> None:
    async with listening(url) as chain:
        people = [list(accounts.KEYS), [accounts.wallet(key) for key in accounts.KEYS.values()]]
        await chain.connection.execute(accounts.PEOPLE.encode(), people)
        for tip in accounts.TIPS:
            await chain.connection.execute(accounts.MAKE_TIP.encode(), tip)
        said = [each for block in accounts.history(Random(5)) for each in block]
        found = await compared(chain, [accounts.transaction(each) for each in said])
    assert found.keys() >= {"request_manager", "approve_manager_request", "reaction"}


async def test_t12_of_blocks_of_every_pair(url: str) -> None:
    async with listening(url) as chain:
        found = await compared(chain, [each for block in every_pair(3) for each in block])
        assert await users_of(chain.connection)
    assert found.keys() >= {"request_manager", "approve_manager_request", "follow", "save", "repost"}


async def users_of(connection: AsyncConnection[Any]) -> int:
    return int((await rows(connection, "SELECT count(*) FROM users"))[0][0])
