"""A network that goes on under another chain id: the block loop over nodes and lists, with deaths and rivals."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection
from scripted_node import ScriptedNode
from structlog.testing import capture_logs

from backbeat.chain.networks import DEV
from backbeat.chain.node import NodeSource
from backbeat.chain.proto import core_pb2
from backbeat.chain.sequence import Chains, Span, parse
from backbeat.chain.signatures import Verifier
from backbeat.chain.source import Source
from backbeat.chain.successive import SuccessiveSource
from backbeat.chain.witness import Witness
from backbeat.clock import SystemClock
from backbeat.codes import Phase
from backbeat.db.pool import Lanes
from backbeat.errors import BackbeatError
from backbeat.index.applied import Committed
from backbeat.index.cursor import Cursor
from backbeat.index.followed import FollowedChain
from backbeat.index.loop import BlockLoop
from backbeat.index.watch import SourceWatch
from backbeat.index.wire.transaction import EntityRules
from backbeat.index.writer import Writer
from backbeat.observe.status import read_status
from backbeat.settings import IndexSettings
from builders.chain import ListSource, entity, make_block, play, plays
from builders.indexing import rows
from builders.waiting import eventually

Connection = AsyncConnection[Any]
CHAINS = parse(["old@1-4", "new@1"])
CREATE = {
    key: entity(key, 3_000_000 + key, "User/Create", 3_000_000 + key, '{"cid":null,"data":null}', nonce=key)
    for key in range(1, 6)
}
OLD = [[CREATE[1]], [plays(play("", "7"))], [CREATE[2]], [CREATE[3]]]
BEYOND = [[CREATE[5]]]
NEW = [[CREATE[4]], [plays(play("", "7"), play("", "8"))], [entity(1, 3_000_001, "User/Follow", 3_000_002, nonce=9)]]
INDEXED = "SELECT chain_id, height, em_block, parenthash, plays_slot FROM core_indexed_blocks ORDER BY chain_id DESC, 2"
BEGUN = "SELECT chain_id, position, first_height, block_number FROM backbeat.chains ORDER BY position"
CURSOR = "SELECT chain_id, height, block_number, play_id FROM backbeat.cursor"
WHOLE = [
    ("old", 1, 1, None, 0),
    ("old", 2, None, make_block("old", 1, []).hash, 2),
    ("old", 3, 2, make_block("old", 2, []).hash, 0),
    ("old", 4, 3, make_block("old", 3, []).hash, 0),
    ("new", 1, 4, None, 0),
    ("new", 2, None, make_block("new", 1, []).hash, 2),
    ("new", 3, 5, make_block("new", 2, []).hash, 0),
]


def chain(chain_id: str, blocks: Iterable[Iterable[core_pb2.SignedTransaction]]) -> list[core_pb2.Block]:
    return [make_block(chain_id, height, txs) for height, txs in enumerate(blocks, 1)]


def go_over(node: ScriptedNode) -> None:
    """Have a node serve the new chain and nothing else."""
    node.chain_id, node.blocks = "new", {block.height: block for block in chain("new", NEW)}


def lists(old: list[Any] = OLD, new: list[Any] = NEW, chains: Chains = CHAINS) -> SuccessiveSource:
    """Return both chains from lists, the second of which ends."""
    blocks = {"old": old, "new": new}

    def source_of(span: Span) -> Source:
        return ListSource(blocks[span.chain_id], chain_id=span.chain_id)

    return SuccessiveSource(chains, source_of, clock=SystemClock(), random=Random(1))


def nodes(*urls: str, chains: Chains = CHAINS) -> SuccessiveSource:
    """Return the chains from one node, or from a node for each."""
    clock, random = SystemClock(), Random(1)
    by_id = dict(zip(chains.ids, urls * len(chains.ids), strict=False))

    def source_of(span: Span) -> Source:
        return NodeSource(by_id[span.chain_id], chain_id=span.chain_id, chains=chains, clock=clock, random=random)

    return SuccessiveSource(chains, source_of, clock=clock, random=random)


def loop_over(
    lanes: Lanes,
    source: Source,
    *,
    chains: Chains = CHAINS,
    start_height: int = 0,
    witness: str = "",
    exit_at_tip: bool = True,
    **settings: Any,
) -> BlockLoop:
    clock = SystemClock()
    second = Witness(witness, "the node", chains=chains, clock=clock, random=Random(1)) if witness else None
    followed = FollowedChain(
        source=source,
        rules=EntityRules(refuse_replays=True),
        verifier=Verifier(DEV),
        watch=SourceWatch(source, clock, witness=second),
        source_name="node",
        chains=chains,
        start_height=start_height,
        exit_at_tip=exit_at_tip,
    )
    return BlockLoop(followed, lanes, IndexSettings(**{"lease_seconds": 1.0} | settings), clock)


@asynccontextmanager
async def running(loop: BlockLoop) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(loop.run())
    try:
        yield task
    finally:
        loop.drain()
        await asyncio.wait([task])


async def stands_at(connection: Connection, chain_id: str, height: int) -> bool:
    return [(chain_id, height)] == [row[:2] for row in await rows(connection, CURSOR)]


async def ended(loop: BlockLoop) -> BackbeatError:
    with pytest.raises(BackbeatError) as raised:
        await loop.run()
    return raised.value


@pytest.mark.parametrize("batch_blocks_max", [1, 2, 100])
async def test_the_next_chain_goes_on_where_the_one_before_ended(
    lanes: Lanes, connection: Connection, batch_blocks_max: int
) -> None:
    await loop_over(lanes, lists(), batch_blocks_max=batch_blocks_max).run()
    assert await rows(connection, INDEXED) == WHOLE
    assert await rows(connection, CURSOR) == [("new", 3, 5, 3)]
    assert await rows(connection, BEGUN) == [("old", 1, 1, 0), ("new", 2, 1, 3)]
    assert await rows(connection, "SELECT number, parenthash FROM blocks WHERE number = 4") == [
        (4, make_block("old", 4, []).hash)
    ]
    assert await rows(connection, "SELECT count(*), max(blocknumber) FROM users") == [(4, 4)]
    assert await rows(connection, "SELECT count(*) FROM follows") == [(1,)]


async def test_blocks_behind_the_last_of_a_chain_are_left_out_and_the_next_is_awaited(
    lanes: Lanes, connection: Connection
) -> None:
    async with ScriptedNode(chain("old", OLD + BEYOND), "old") as node:
        loop = loop_over(lanes, nodes(node.url))
        async with running(loop) as task:

            async def awaited() -> bool:
                status = await read_status(connection, SystemClock())
                return any(not check.ok and "is awaited" in check.detail for check in status.checks)

            assert await eventually(awaited)
            assert await rows(connection, INDEXED) == WHOLE[:4]
            status = await read_status(connection, SystemClock())
            assert status.headline == (
                f"At block 4: The node at {node.url} still serves the chain 'old', which ends at block 4; "
                "'new' is awaited"
            )
            assert not task.done()
            go_over(node)
            assert await eventually(lambda: stands_at(connection, "new", 3))
    assert await rows(connection, INDEXED) == WHOLE
    status = await read_status(connection, SystemClock())
    assert status.indexer is not None
    assert (status.indexer.chain_id, status.indexer.height) == ("new", 3)
    assert status.indexer.lag_blocks in {None, 0}, "the head of the chain before is not compared"
    assert (status.indexer.first_chain_id, status.indexer.first_height) == ("old", 1)


async def test_a_node_that_is_away_while_it_changes_over_is_waited_for(lanes: Lanes, connection: Connection) -> None:
    async with ScriptedNode(chain("old", OLD), "old") as first, ScriptedNode([], "new") as second:
        url = second.url
        await second.stop()
        async with running(loop_over(lanes, nodes(first.url, url))) as task:
            assert await eventually(lambda: stands_at(connection, "old", 4))
            later = ScriptedNode(chain("new", NEW), "new")
            assert not task.done()
            later.port = second.port
            await later.start()
            try:
                assert await eventually(lambda: stands_at(connection, "new", 3))
            finally:
                await later.stop()


async def test_a_node_already_on_the_next_chain_is_refused_until_the_one_before_is_complete(
    lanes: Lanes, connection: Connection
) -> None:
    async with ScriptedNode(chain("old", OLD[:2]), "old") as node:
        async with running(loop_over(lanes, nodes(node.url))):
            assert await eventually(lambda: stands_at(connection, "old", 2))
        go_over(node)
        refused = await ended(loop_over(lanes, nodes(node.url)))
        assert (refused.code, refused.exit_status) == ("earlier_chain_not_served", 65)
        assert "already serves the chain 'new'; blocks of 'old' up to 4" in refused.message
        assert "chain.node_url_of" in refused.cure
        assert await rows(connection, INDEXED) == WHOLE[:2]
        async with ScriptedNode(chain("old", OLD), "old") as kept:
            await loop_over(lanes, nodes(kept.url, node.url)).run()
    assert await rows(connection, INDEXED) == WHOLE


async def test_a_node_that_goes_over_in_mid_chain_ends_the_process_with_nothing_of_the_next(
    lanes: Lanes, connection: Connection
) -> None:
    async with ScriptedNode(chain("old", OLD[:2]), "old") as node:
        loop = loop_over(lanes, nodes(node.url), exit_at_tip=False)
        async with running(loop) as task:
            assert await eventually(lambda: stands_at(connection, "old", 2))
            go_over(node)
            with pytest.raises(BackbeatError) as refused:
                await task
    assert refused.value.code == "earlier_chain_not_served"
    assert await rows(connection, INDEXED) == WHOLE[:2]


@pytest.mark.parametrize("batch_blocks_max", [1, 2, 100])
async def test_a_death_at_any_commit_and_an_answer_that_was_lost_change_nothing(
    lanes: Lanes, connection: Connection, monkeypatch: pytest.MonkeyPatch, batch_blocks_max: int
) -> None:
    write = Writer.write
    for is_lost in (False, True):
        for dies_at in range(1, 8):
            commits = 0

            async def dying(self: Writer, before: Cursor, blocks: Any, *, one_by_one: bool = False) -> Committed:
                nonlocal commits
                commits += 1
                if commits == dies_at and not is_lost:  # noqa: B023 - the loop is over before it changes
                    raise psycopg.OperationalError("the connection is lost before the commit")
                done = await write(self, before, blocks, one_by_one=one_by_one)
                if commits == dies_at:  # noqa: B023
                    raise psycopg.OperationalError("the connection is lost behind the commit")
                return done

            await connection.execute(
                "TRUNCATE backbeat.cursor, backbeat.chains, core_indexed_blocks, users, follows, plays, blocks CASCADE"
            )
            await connection.execute("UPDATE backbeat.replay_counts SET messages = 0, replays = 0, refused = 0")
            await connection.execute("TRUNCATE backbeat.signed_messages, backbeat.rejected_transactions, backbeat.acts")
            monkeypatch.setattr(Writer, "write", dying)
            await loop_over(lanes, lists(), batch_blocks_max=batch_blocks_max).run()
            assert await rows(connection, INDEXED) == WHOLE
            assert await rows(connection, "SELECT count(*) FROM plays") == [(3,)]
            assert await rows(connection, "SELECT count(*) FROM backbeat.rejected_transactions") == [(0,)]
            assert await rows(connection, BEGUN) == [("old", 1, 1, 0), ("new", 2, 1, 3)]


async def test_two_indexers_cross_once(lanes: Lanes, connection: Connection) -> None:
    async with ScriptedNode(chain("old", OLD), "old") as node:
        one, two = (loop_over(lanes, nodes(node.url)) for _ in range(2))
        async with running(one), running(two):
            assert await eventually(lambda: stands_at(connection, "old", 4))
            go_over(node)
            assert await eventually(lambda: stands_at(connection, "new", 3))
    assert await rows(connection, INDEXED) == WHOLE
    assert await rows(connection, BEGUN) == [("old", 1, 1, 0), ("new", 2, 1, 3)]


async def test_a_standby_crosses_when_the_leader_has_gone_at_the_boundary(lanes: Lanes, connection: Connection) -> None:
    async with ScriptedNode(chain("old", OLD), "old") as node:
        one, two = (loop_over(lanes, nodes(node.url)) for _ in range(2))
        async with running(one), running(two):
            assert await eventually(lambda: stands_at(connection, "old", 4))
            (one if one.progress.phase != Phase.WAITING else two).drain()
            go_over(node)
            assert await eventually(lambda: stands_at(connection, "new", 3))
    assert await rows(connection, INDEXED) == WHOLE


async def test_a_message_of_the_earlier_chain_is_a_replay_on_the_next(lanes: Lanes, connection: Connection) -> None:
    await loop_over(lanes, lists(new=[*NEW, [CREATE[1]]])).run()
    found = "SELECT chain_id, height, first_chain_id, first_height, refused FROM backbeat.replayed_transactions"
    assert await rows(connection, found) == [("new", 4, "old", 1, True)]


async def test_a_witness_on_another_chain_contradicts_nothing(lanes: Lanes, connection: Connection) -> None:
    async with ScriptedNode(chain("old", OLD), "old") as witness:
        await loop_over(lanes, lists(), witness=witness.url).run()
        go_over(witness)
        await loop_over(lanes, lists(), witness=witness.url).run()
    assert await rows(connection, INDEXED) == WHOLE


async def test_a_database_begins_at_a_height_and_keeps_to_it(lanes: Lanes, connection: Connection) -> None:
    await loop_over(lanes, lists(), start_height=3).run()
    found = await rows(connection, INDEXED)
    assert found[0] == ("old", 3, 1, None, 0), "no parent is known"
    assert [row[:2] for row in found] == [row[:2] for row in WHOLE[2:]]
    assert await rows(connection, BEGUN) == [("old", 1, 3, 0), ("new", 2, 1, 2)]
    status = await read_status(connection, SystemClock())
    assert status.indexer is not None
    assert (status.indexer.first_chain_id, status.indexer.first_height) == ("old", 3)
    for start_height, words in ((3, 0), (0, 0), (2, 1)):
        with capture_logs() as logs:
            await loop_over(lanes, lists(), start_height=start_height).run()
        ignored = [entry for entry in logs if entry["event"] == "start_height_ignored"]
        assert len(ignored) == words
        assert all((entry["first_height"], entry["chain_id"]) == (3, "old") for entry in ignored)
    assert await rows(connection, INDEXED) == found


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (["old@1-3", "new"], "chain_ended_before"),
        (["old@6"], "chain_begins_later"),
        (["new"], "chain_id_mismatch"),
    ],
)
async def test_a_list_that_does_not_fit_what_was_indexed_is_refused(
    lanes: Lanes, connection: Connection, written: list[str], code: str
) -> None:
    await loop_over(lanes, lists(), chains=CHAINS, batch_blocks_max=1).run()
    await connection.execute("UPDATE backbeat.cursor SET chain_id = 'old', height = 4")
    chains = parse(written)
    refused = await ended(loop_over(lanes, lists(chains=chains), chains=chains))
    assert (refused.code, refused.exit_status) == (code, 65)
    assert await rows(connection, CURSOR) == [("old", 4, 5, 3)]


async def test_a_chain_that_was_left_is_not_entered_again(lanes: Lanes) -> None:
    await loop_over(lanes, lists()).run()
    chains = parse(["new@1-3", "old"])
    assert (await ended(loop_over(lanes, lists(chains=chains), chains=chains))).code == "chain_followed_before"


async def test_the_next_chain_does_not_begin_before_the_last_block_of_a_recording(
    lanes: Lanes, connection: Connection
) -> None:
    refused = await ended(loop_over(lanes, lists(old=OLD[:3])))
    assert refused.code == "chain_ends_early"
    assert "ends at block 3, chain.chain_ids says that the chain ends at 4" in refused.message
    assert await rows(connection, INDEXED) == WHOLE[:3]


async def test_a_source_of_a_chain_that_is_not_listed_is_refused(lanes: Lanes) -> None:
    only_new = parse(["new"])
    source = ListSource(OLD, chain_id="old")
    assert (await ended(loop_over(lanes, source, chains=only_new))).code == "chain_not_listed"


async def test_the_source_of_another_chain_in_its_place_is_refused(lanes: Lanes) -> None:
    source = SuccessiveSource(CHAINS, lambda _: ListSource(OLD, chain_id="else"), clock=SystemClock(), random=Random(1))
    assert (await ended(loop_over(lanes, source))).code == "other_chain"


@pytest.mark.parametrize(("last", "next_height"), [(3, ("old", 4)), (4, ("new", 1))])
async def test_a_database_that_another_program_filled_is_followed_from_its_newest_chain(
    lanes: Lanes, connection: Connection, last: int, next_height: tuple[str, int]
) -> None:
    for height in range(1, last + 1):
        await connection.execute(
            "INSERT INTO core_indexed_blocks (blockhash, chain_id, height) VALUES (%s, 'old', %s)",
            [make_block("old", height, []).hash, height],
        )
    await loop_over(lanes, lists()).run()
    begun = await rows(connection, BEGUN)
    assert begun[0][:3] == (next_height[0], 1, next_height[1])
    assert [row[:2] for row in await rows(connection, INDEXED)] == [row[:2] for row in WHOLE]
