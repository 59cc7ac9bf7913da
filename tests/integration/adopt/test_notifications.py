"""Users hear what they hear of row triggers that follow the network's rules (domain: chain and entities, 7.3).

Both listen to the same thousand blocks, of one transaction each, as the network's triggers see one row after another.
The number is that of the trial of an adoption (domain: adoption, 7).
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import foreign_database
import psycopg
import pytest
from conftest import new_database
from integration.index.test_splits import history as every_pair
from psycopg import AsyncConnection

from backbeat.chain.proto import core_pb2
from backbeat.db.embedded import EmbeddedPostgres
from builders.chain import GENESIS
from builders.indexing import rows
from builders.told import ToldChain, chain_on
from harness import content_histories, social_histories

pytestmark = [pytest.mark.newest, pytest.mark.slow]

Transaction = core_pb2.SignedTransaction

TRIGGERS = Path(foreign_database.__file__).parent / "notifications.sql"
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
OURS = "SELECT type, group_id, specifier, user_ids, data FROM public.notification"
THEIRS = "SELECT type, group_id, specifier, user_ids, data FROM theirs.notification"
BY_ROWS = {
    *("follow", "milestone_follower_count", "save", "repost", "milestone", "save_of_repost", "repost_of_repost"),
    *("cosign", "create", "remix", "artist_remix_contest_submissions", "fan_remix_contest_started"),
    *("track_added_to_playlist", "track_added_to_purchased_album", "request_manager", "approve_manager_request"),
}
"""What 7.3 has a trigger tell. A reaction needs a tip, which no block holds: notifications/test_accounts.py."""


def told_of(found: Iterable[tuple[Any, ...]]) -> set[tuple[str, str, str, tuple[int, ...], str]]:
    """Return notifications so that they can be compared: recipients in order, data by key."""
    return {
        (kind, group, specifier, tuple(sorted(users or ())), repr(sorted((data or {}).items())))
        for kind, group, specifier, users, data in found
        if kind in BY_ROWS
    }


async def compared(chain: ToldChain, blocks: Sequence[Transaction]) -> Counter[str]:
    """Index each transaction as a block of its own, hold both to each other, and return what was told, by type."""
    await chain.blocks([[each] for each in blocks])
    await chain.tell()
    ours = told_of(await rows(chain.connection, OURS))
    theirs = told_of(await rows(chain.connection, THEIRS))
    assert ours - theirs == set()
    assert theirs - ours == set()
    return Counter(kind for kind, *_ in ours)


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[ToldChain]:
    """Lend a chain that triggers of both listen to."""
    async with chain_on(url, acts_max=500) as chain:
        await chain.connection.execute("SET search_path = public")
        await chain.connection.execute(TRIGGERS.read_bytes())
        yield chain


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


async def test_t12_of_blocks_of_every_pair(url: str) -> None:
    async with listening(url) as chain:
        found = await compared(chain, [each for block in every_pair(3) for each in block])
        assert await users_of(chain.connection)
    assert found.keys() >= {"request_manager", "approve_manager_request", "follow", "save", "repost"}


async def users_of(connection: AsyncConnection[Any]) -> int:
    return int((await rows(connection, "SELECT count(*) FROM users"))[0][0])
