"""What was refused on a chain that was left is listed, kept within bounds and replayed beside that of the next one."""

import re
from random import Random
from typing import Any

import pytest
from psycopg import AsyncClientCursor, AsyncConnection

from backbeat.chain.networks import DEV
from backbeat.chain.proto import core_pb2
from backbeat.chain.sequence import Span, parse
from backbeat.chain.signatures import Verifier
from backbeat.chain.successive import SuccessiveSource
from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.incremental.transaction import Session
from backbeat.index import refused
from backbeat.index.followed import FollowedChain
from backbeat.index.loop import BlockLoop
from backbeat.index.wire.transaction import EntityRules
from backbeat.jobs import refusals
from backbeat.jobs.refusals import Refusals
from backbeat.observe import rejected as kept
from backbeat.observe.rejected import kept_bytes
from backbeat.reads import rejected
from backbeat.reads.rejected import (
    KeptFrom,
    Position,
    read_bytes,
    read_kept_from,
    read_one_rejected,
    read_rejected,
    read_rejected_of,
)
from backbeat.settings import IndexSettings
from builders.chain import ListSource, entity, play, plays
from builders.indexing import rows
from builders.replaying import replay, without

Connection = AsyncConnection[Any]
Blocks = list[list[core_pb2.SignedTransaction]]
CHAINS = parse(["old@1-3", "new@1"])
FIRST = 3_000_001
MISSING = ("*/Follow", "*/Unfollow")
USERS = [
    entity(key, FIRST - 1 + key, "User/Create", FIRST - 1 + key, '{"cid":"","data":{}}', nonce=key)
    for key in range(1, 4)
]


def follow(key: int, other: int, nonce: int, action: str = "Follow") -> core_pb2.SignedTransaction:
    return entity(key, FIRST - 1 + key, f"User/{action}", FIRST - 1 + other, nonce=nonce)


OLD = [USERS, [follow(1, 2, 11)], [follow(2, 3, 12), plays(play("", ""))]]
NEW = [[], [follow(1, 2, 13, "Unfollow")], [follow(3, 1, 14)]]
ALL = [("new", 3, 0, -1), ("new", 2, 0, -1), ("old", 3, 1, 0), ("old", 3, 0, -1), ("old", 2, 0, -1)]
BECAME = "SELECT chain_id, height, tx_index, became, new_reason FROM rejected_transactions ORDER BY chain_id DESC, 2, 3"
FOLLOWS = (
    "SELECT follower_user_id - 3000000, followee_user_id - 3000000, is_delete, blocknumber FROM follows ORDER BY 1, 2"
)
KEPT = "SELECT chain_id, height, tx_index FROM backbeat.rejected_bytes ORDER BY chain_id DESC, 2, 3"


async def follow_chains(lanes: Lanes, new: Blocks | None = None) -> None:
    """Index both chains to the end of the new one."""
    blocks = {"old": ListSource(OLD, chain_id="old"), "new": ListSource(NEW if new is None else new, chain_id="new")}

    def source_of(span: Span) -> ListSource:
        return blocks[span.chain_id]

    source = SuccessiveSource(CHAINS, source_of, clock=SystemClock(), random=Random(1))
    followed = FollowedChain(
        source=source, rules=EntityRules(), verifier=Verifier(DEV), chains=CHAINS, exit_at_tip=True
    )
    await BlockLoop(followed, lanes, IndexSettings(lease_seconds=1.0), SystemClock()).run()


@pytest.fixture
async def left(lanes: Lanes, connection: Connection) -> Connection:
    """A session on a database that went over from one chain to the next, with something refused on both."""
    with without(*MISSING):
        await follow_chains(lanes)
    return connection


def places(found: list[rejected.Rejected]) -> list[tuple[str, int, int, int]]:
    return [(row.chain_id, row.height, row.tx_index, row.play_index) for row in found]


@pytest.mark.parametrize("reason", [None, "unsupported_entity"])
async def test_the_list_goes_on_into_the_chain_before(left: Connection, reason: str | None) -> None:
    wanted = ALL if reason is None else [place for place in ALL if place[3] < 0]
    assert places(await read_rejected(left, reason=reason)) == wanted
    for limit in (1, 2, 3):
        found: list[rejected.Rejected] = []
        while page := await read_rejected(
            left, after=found[-1].lasting_position if found else None, reason=reason, limit=limit
        ):
            found += page
        assert places(found) == wanted


async def test_a_place_without_a_chain_is_of_the_one_that_is_followed(left: Connection) -> None:
    of_old, of_new = Position(2, 0, -1, "old"), Position(2, 0, -1)
    for position in (of_old, of_new, Position(2, 0, -1, "new")):
        whole = await read_one_rejected(left, position)
        assert whole is not None
        [row] = await read_rejected_of(left, position)
        assert row.tx_hash == whole.tx_hash
        assert whole.raw == await read_bytes(left, position)
        assert (whole.action, whole.followed) == (("Follow", False) if position is of_old else ("Unfollow", True))
        assert str(whole.position) == ("old:2.0.-1" if position is of_old else "2.0.-1")
    for nothing in (Position(3, 1, 0), Position(2, 0, -1, "else")):
        assert await read_one_rejected(left, nothing) is None
        assert await read_rejected_of(left, nothing) == []
        assert await read_bytes(left, nothing) is None


async def test_what_is_not_kept_is_told_by_chain_and_height(left: Connection) -> None:
    assert await read_kept_from(left, Position(1, chain_id="old")) == KeptFrom("old", 2, is_behind=True)
    assert await read_kept_from(left, Position(2, chain_id="old")) == KeptFrom("old", 2, is_behind=False)
    assert await read_kept_from(left, Position(1)) == KeptFrom("old", 2, is_behind=False)
    await left.execute("DELETE FROM backbeat.rejected_bytes WHERE chain_id = 'old'")
    assert await read_kept_from(left, Position(9, chain_id="old")) == KeptFrom(None, 2, is_behind=True)
    assert await read_kept_from(left, Position(9, chain_id="else")) == KeptFrom(None, 2, is_behind=False)


async def test_sizes_are_summed_up_over_chains_and_the_oldest_go_first(left: Connection) -> None:
    upto = await rows(left, "SELECT upto_bytes FROM backbeat.rejected_bytes ORDER BY chain_id DESC, height, tx_index")
    assert upto == sorted(set(upto))
    taken = await kept_bytes(left)
    assert 0 < upto[-1][0] - taken < 600, "all but what the oldest row takes beside its bytes"
    bound = upto[-1][0] - upto[1][0]
    assert (await Refusals(days=0.0, bytes_max=bound).prune(Session(left))).deleted == 2
    assert await rows(left, KEPT) == [("old", 3, 1), ("new", 2, 0), ("new", 3, 0)]
    assert places(await read_rejected(left)) == ALL[:3]
    assert (await Refusals(days=0.0, bytes_max=1).prune(Session(left))).deleted == 2, "the newest stays"


async def test_age_is_counted_over_chains(left: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    await left.execute("UPDATE rejected_transactions SET block_time = block_time - interval '2 days' WHERE height < 3")
    await left.execute(
        "UPDATE rejected_transactions SET block_time = block_time - interval '1 day' WHERE chain_id = 'old'"
    )
    monkeypatch.setattr(refusals, "PRUNED_MAX", 2)
    report = await Refusals(days=0.5, bytes_max=0).prune(Session(left))
    assert (report.deleted, report.more) == (2, True)
    assert await rows(left, KEPT) == [("old", 3, 1), ("new", 2, 0), ("new", 3, 0)]
    await Refusals(days=0.5, bytes_max=0).prune(Session(left))
    assert await rows(left, KEPT) == [("new", 3, 0)]


async def test_the_earlier_chain_is_replayed_first(left: Connection, lanes: Lanes) -> None:
    would = await replay(lanes, dry_run=True)
    report = await replay(lanes)
    assert (report.found, report.ended.applied) == (would.found, would.ended.applied) == (5, 4)
    numbers = dict(await rows(left, "SELECT chain_id || height, em_block FROM core_indexed_blocks"))
    assert await rows(left, FOLLOWS) == [
        (1, 2, True, numbers["new2"]),
        (2, 3, False, numbers["old3"]),
        (3, 1, False, numbers["new3"]),
    ]
    assert await rows(left, BECAME) == [
        ("old", 2, 0, "applied", None),
        ("old", 3, 0, "applied", None),
        ("old", 3, 1, "rejected", "value_out_of_range"),
        ("new", 2, 0, "applied", None),
        ("new", 3, 0, "applied", None),
    ]
    assert (await replay(lanes)).found == 1


async def test_a_height_to_begin_at_is_one_of_the_chain_that_is_followed(left: Connection, lanes: Lanes) -> None:
    assert (await replay(lanes, since=3, dry_run=True)).ended.applied == 1
    report = await replay(lanes, since=3)
    assert (report.found, report.ended.applied) == (1, 1)
    assert [row[:2] for row in await rows(left, FOLLOWS)] == [(3, 1)]


async def test_a_message_at_the_same_place_of_both_chains_is_applied_once(lanes: Lanes, connection: Connection) -> None:
    with without(*MISSING):
        await follow_chains(lanes, [[], [OLD[1][0]]])
    await replay(lanes)
    assert [row[3:] for row in await rows(connection, BECAME)] == [
        ("applied", None),
        ("applied", None),
        ("rejected", "value_out_of_range"),
        ("rejected", "replayed"),
    ]


async def test_a_message_that_the_next_chain_applied_is_not_replayed(lanes: Lanes, connection: Connection) -> None:
    with without(*MISSING):
        await follow_chains(lanes, [[]])
    await follow_chains(lanes, [[], [OLD[1][0]]])
    await replay(lanes)
    assert [row[3:] for row in await rows(connection, BECAME)] == [
        ("rejected", "replayed"),
        ("applied", None),
        ("rejected", "value_out_of_range"),
    ]


async def test_statements_walk_each_chain_along_its_keys(left: Connection) -> None:
    await left.execute("TRUNCATE backbeat.rejected_transactions, backbeat.rejected_bytes")
    await left.execute(
        """
        INSERT INTO backbeat.rejected_transactions (chain_id, height, tx_index, tx_hash, block_time, kind, reason)
        SELECT chain_id, at, 0, repeat('F', 64), now(), 'x', (ARRAY['deleted', 'duplicate'])[1 + at % 2]
        FROM backbeat.chains CROSS JOIN generate_series(1, 20000) AS at
        """
    )
    await left.execute(
        "INSERT INTO backbeat.rejected_bytes (chain_id, height, tx_index, upto_bytes, raw) "
        "SELECT chain_id, at, 0, position * 20000 + at, convert_to(repeat('x', 300), 'UTF8') "
        "FROM backbeat.chains, generate_series(1, 20000) AS at"
    )
    place = {"chain_id": None, "height": 10_000, "tx_index": 0, "play_index": -1}
    bounds = {"limit": 50, "reason": "duplicate", "seconds": 1.0, "bytes_max": 30_000, "transactions_max": 100}
    values = place | bounds | {"user_id": None, "entity_type": None, "action": None, "since": 0}
    values |= {"heights": [30_000], "tx_indexes": [0], "sizes": [1], "raws": [b""]}
    reads = (rejected._NEWEST, rejected._BY_REASON, rejected._BYTES, rejected._KEPT_FROM, kept.KEPT)
    for analyzed in (False, True):
        if analyzed:
            await left.execute("ANALYZE backbeat.rejected_transactions, backbeat.rejected_bytes, backbeat.chains")
        for statement in (*reads, refusals.PRUNE, refused.INSERT_BYTES):
            async with left.transaction(force_rollback=True):
                asked = {**values, "chain_id": "later"} if statement is refused.INSERT_BYTES else values
                plan = await plan_of(left, statement, asked)
            assert "Seq Scan on rejected" not in plan, plan
            assert max(int(float(found)) for found in re.findall(r"actual time=\S+ rows=([\d.]+)", plan)) <= 200, plan


async def plan_of(connection: Connection, statement: str, values: dict[str, Any]) -> str:
    """Return the steps of a plan that were taken."""
    plan = await (await AsyncClientCursor(connection).execute("EXPLAIN (ANALYZE) " + statement, values)).fetchall()
    return "\n".join(line for (line,) in plan if "never executed" not in line)
