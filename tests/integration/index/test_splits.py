"""However a history is cut into batches, the same rows come of it, in every table and down to the ids.

Acts are among them, and what is told of them. It is the same where a batch is applied while the one before is written.
"""

from random import Random
from typing import Any

import notification_reference
import psycopg
import pytest
from chaos.content import Content, content
from conftest import new_database
from depth import at_depth
from psycopg import AsyncConnection
from worst.act import OTHER, OWNER
from worst.acts import ACTS, act, first_block, run_up, signed

from backbeat.chain.proto import core_pb2
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.pool import open_lanes
from backbeat.derived.notifications.notifications import EventNotifications
from backbeat.index import early
from backbeat.settings import DatabaseSettings
from builders.chain import ListSource
from builders.indexing import index, rows
from builders.told import MILESTONES, TOLD
from builders.writing import begun_early
from harness.check import settle

ACTS_KEPT = "SELECT * FROM backbeat.acts ORDER BY blocknumber, place, ordinal"
BLOCKS = 40
PER_BLOCK = 6
FILLED = {
    *("developer_apps", "grants", "encrypted_emails", "email_access"),
    *("associated_wallets", "dashboard_wallet_users", "collectibles"),
}


def transaction(draw: Random) -> core_pb2.SignedTransaction:
    """Return a transaction of any pair, mostly said by whom it is made for; often it comes too late, or too early."""
    pair = draw.choice(sorted(ACTS))
    if draw.random() < 0.7:
        return act(pair)
    it = ACTS[pair]
    key, user_id = draw.choice([(1, OWNER), (2, OTHER), (5, OWNER), (2, OWNER), (4, OWNER)])
    return signed(key, user_id, pair, it.entity_id, it.payload)


def history(seed: int) -> list[list[core_pb2.SignedTransaction]]:
    """Return blocks, the same for the same seed: every pair once with what it needs, then whatever comes."""
    draw = Random(seed)
    pairs = sorted(ACTS)
    draw.shuffle(pairs)
    each = [[*run_up(pair), act(pair)] for pair in pairs]
    return [list(first_block()), *each, *([transaction(draw) for _ in range(PER_BLOCK)] for _ in range(BLOCKS))]


Told = list[list[tuple[Any, ...]]]


async def indexed(
    url: str, blocks: list[list[core_pb2.SignedTransaction]], batch_blocks_max: int
) -> tuple[Content, Told]:
    """Index blocks into an empty database; return what it then holds, the acts and what is told of them."""
    async with await open_lanes(url, DatabaseSettings()) as lanes:
        await index(lanes, ListSource(blocks), batch_blocks_max=batch_blocks_max)
    found = content(url)
    async with await AsyncConnection.connect(url, autocommit=True, options="-c timezone=UTC") as connection:
        acts = await rows(connection, ACTS_KEPT)
        await settle(EventNotifications(acts_max=batch_blocks_max), connection)
        return found, [acts, await rows(connection, TOLD), await rows(connection, MILESTONES)]


@pytest.mark.parametrize("seed", range(at_depth(1, 2, 20)))
async def test_batches_do_not_show(
    seed: int, postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = history(seed)
    begun = begun_early(monkeypatch)
    found = []
    for batch_blocks_max, early_from in ((1, early.LONG_BYTES), (7, early.LONG_BYTES), (100, 0), (1, 0), (7, 0)):
        monkeypatch.setattr(early, "LONG_BYTES", early_from)
        begun.clear()
        with new_database(postgres, admin, template) as url:
            found.append(await indexed(url, blocks, batch_blocks_max))
        assert early_from or len(begun) > len(blocks) / batch_blocks_max / 2
    written, told = found[0]
    assert {f"public.{table}" for table in FILLED} <= written.keys()
    assert all(told[:2])
    rows_told = (dict(zip(("type", "group_id", "specifier", "user_ids", "data"), row, strict=False)) for row in told[1])
    assert [why for row in rows_told if (why := notification_reference.unlike(row))] == []
    for another in found[1:]:
        assert another == found[0]
