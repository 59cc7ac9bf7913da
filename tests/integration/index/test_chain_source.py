"""What the block loop, the status and the exit status make of a node that is not the one whose blocks were indexed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import grpc
import pytest
from chain_blocks import CHAIN, make_block
from psycopg import AsyncConnection
from scripted_node import ScriptedNode

from backbeat.app import Options, run
from backbeat.chain.decode import decode_block
from backbeat.chain.networks import DEV
from backbeat.chain.node import NodeSource
from backbeat.chain.proto import core_pb2
from backbeat.chain.signatures import Verifier
from backbeat.chain.witness import Witness
from backbeat.clock import SystemClock
from backbeat.codes import Part, Phase
from backbeat.db.pool import Lanes
from backbeat.errors import BackbeatError, ChainDataError
from backbeat.index.cursor import Cursor
from backbeat.index.followed import FollowedChain
from backbeat.index.loop import BlockLoop
from backbeat.index.numbering import ask_known, number_blocks, read_known
from backbeat.index.progress import Progress
from backbeat.index.watch import SourceWatch
from backbeat.index.wire.transaction import EntityRules
from backbeat.observe.status import read_status
from backbeat.observe.tree import Status
from backbeat.settings import ChainSettings, DatabaseSettings, IndexSettings, Settings
from builders.chain import ListSource, entity
from builders.indexing import index, rows
from builders.waiting import eventually

pytestmark = pytest.mark.newest

Connection = AsyncConnection[Any]
USER = [entity(key, 3_000_000 + key, "User/Create", 3_000_000 + key, '{"cid":null,"data":null}') for key in (1, 2, 3)]


def of_a(first: int, last: int) -> list[core_pb2.Block]:
    return [make_block(height) for height in range(first, last + 1)]


def of_b(first: int, last: int) -> list[core_pb2.Block]:
    blocks = of_a(first, last)
    for block in blocks:
        block.hash = f"b{block.height:063x}"
    return blocks


def loop_over(
    lanes: Lanes, node: ScriptedNode, *, witness: str = "", still_seconds_max: float = 0.0, exit_at_tip: bool = False
) -> BlockLoop:
    clock = SystemClock()
    source = NodeSource(node.url, clock=clock, random=Random(1))
    second = Witness(witness, node.url, clock=clock, random=Random(1)) if witness else None
    chain = FollowedChain(
        source=source,
        rules=EntityRules(),
        verifier=Verifier(DEV),
        watch=SourceWatch(source, clock, still_seconds_max=still_seconds_max, witness=second),
        source_name="node",
        exit_at_tip=exit_at_tip,
    )
    return BlockLoop(chain, lanes, IndexSettings(lease_seconds=1.0), clock)


@asynccontextmanager
async def running(loop: BlockLoop) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(loop.run())
    try:
        yield task
    finally:
        loop.drain()
        await asyncio.wait([task])


async def ended(loop: BlockLoop) -> BackbeatError:
    """Return the error that ends the loop; without one it is stopped and the test fails."""
    async with running(loop) as task:
        assert await eventually(lambda: _true(task.done()))
    with pytest.raises(BackbeatError) as raised:
        await task
    return raised.value


async def _true(answer: bool) -> bool:
    return answer


async def _is_at(connection: Connection, wanted: int) -> bool:
    return await height(connection) == wanted


async def height(connection: Connection) -> int:
    [[found]] = await rows(connection, "SELECT coalesce(max(height), 0) FROM core_indexed_blocks")
    return int(found)


async def status(connection: Connection) -> Status:
    return await read_status(connection, SystemClock())


def failing(found: Status) -> dict[str, str]:
    return {check.name: check.detail for check in found.checks if not check.ok and not check.name.startswith("job ")}


@pytest.mark.parametrize("head", [1, 20, 29, 30, 35])
async def test_a_network_set_up_anew_under_the_same_id_ends_the_process_at_the_start(
    lanes: Lanes, connection: Connection, head: int
) -> None:
    """Whether it has the block that was indexed last by now or not: it has others where it stands."""
    async with ScriptedNode(of_a(1, 30)) as node:
        await loop_over(lanes, node, exit_at_tip=True).run()
        node.blocks = {block.height: block for block in of_b(1, head)}
        refused = await ended(loop_over(lanes, node))
    assert (refused.code, refused.exit_status) == ("other_history", 65)
    assert f"at height {min(head, 30)}; {make_block(min(head, 30)).hash} was indexed there" in refused.message
    assert f"head is {head}." in refused.message
    assert await height(connection) == 30


async def test_a_network_set_up_anew_while_it_is_followed_ends_the_process_before_it_has_caught_up(
    lanes: Lanes, connection: Connection
) -> None:
    async with ScriptedNode(of_a(1, 30)) as node, running(loop_over(lanes, node)) as task:
        assert await eventually(lambda: _is_at(connection, 30))
        node.blocks = {block.height: block for block in of_b(1, 3)}
        assert await eventually(lambda: _true(task.done()))
        with pytest.raises(ChainDataError, match="at height 3;"):
            await task


async def test_a_node_behind_that_is_followed_after_an_adoption_is_held_to_what_is_known(
    lanes: Lanes, connection: Connection
) -> None:
    """The newest row at or below the node's head, since an adopted database may have gaps; others say nothing."""
    kept = [(make_block(5).hash.upper(), 5), (make_block(30).hash, 30)]
    for block_hash, at in kept:
        await connection.execute(
            "INSERT INTO core_indexed_blocks (blockhash, chain_id, height) VALUES (%s, %s, %s)", [block_hash, CHAIN, at]
        )
    await connection.execute("INSERT INTO core_indexed_blocks (blockhash, chain_id, height) VALUES ('?', 'else', 20)")
    async with ScriptedNode(of_b(1, 20)) as node:
        assert "at height 5;" in (await ended(loop_over(lanes, node))).message


async def test_a_node_that_is_behind_fails_a_check_and_ends_the_process_once_it_has_another_block(
    lanes: Lanes, connection: Connection
) -> None:
    async with ScriptedNode(of_a(1, 30)) as node:
        await loop_over(lanes, node, exit_at_tip=True).run()
        node.blocks = {block.height: block for block in of_a(1, 20)}
        loop = loop_over(lanes, node)
        async with running(loop) as task:

            async def told() -> bool:
                return "chain source" in failing(await status(connection))

            assert await eventually(told)
            found = await status(connection)
            problem = f"The node at {node.url} does not have block 30, which was indexed; it is at block 20."
            assert failing(found) == {"chain source": problem}
            assert (found.healthy, found.tone) == (False, "bad")
            assert found.headline == f"At block 30: {problem[:-1]}"
            assert found.indexer is not None
            assert (found.indexer.source_height, found.indexer.height) == (20, 30)
            assert found.indexer.phase == Phase.SOURCE_BEHIND
            node.blocks = {block.height: block for block in of_b(1, 35)}
            assert await eventually(lambda: _true(task.done()))
        with pytest.raises(ChainDataError) as refused:
            await task
        assert (refused.value.code, refused.value.exit_status) == ("other_history", 65)
        again = await ended(loop_over(lanes, node))
        assert again.code == "other_history", "at the start too"
    assert await height(connection) == 30


async def test_a_node_below_the_cursor_is_no_tip(lanes: Lanes) -> None:
    async with ScriptedNode(of_a(1, 30)) as node:
        await loop_over(lanes, node, exit_at_tip=True).run()
        node.blocks = {block.height: block for block in of_a(1, 20)}
        loop = loop_over(lanes, node, exit_at_tip=True)
        async with running(loop) as task:
            await eventually(lambda: _true(len(node.heights_asked("GetBlock")) > 5))
            assert not task.done()
            node.blocks = {block.height: block for block in of_a(1, 32)}
            assert await eventually(lambda: _true(task.done()))
        await task


async def test_an_adopted_database_is_held_to_its_own_bookkeeping(lanes: Lanes, connection: Connection) -> None:
    await connection.execute(
        "INSERT INTO core_indexed_blocks (blockhash, chain_id, height) VALUES (%s, %s, 5)",
        [make_block(5).hash.upper(), CHAIN],
    )
    async with ScriptedNode(of_b(1, 9)) as node:
        assert (await ended(loop_over(lanes, node))).code == "other_history"
        node.blocks = {block.height: block for block in of_a(1, 9)}
        await loop_over(lanes, node, exit_at_tip=True).run()
    assert await rows(connection, "SELECT parenthash FROM core_indexed_blocks WHERE height = 6") == [
        (make_block(5).hash,)
    ]


async def test_a_chain_that_stands_still_fails_a_check(lanes: Lanes, connection: Connection) -> None:
    async with ScriptedNode(of_a(1, 3)) as node, running(loop_over(lanes, node, still_seconds_max=60.0)):

        async def told() -> bool:
            return "chain source" in failing(await status(connection))

        assert await eventually(told)
        assert failing(await status(connection))["chain source"].startswith(
            "The chain stands still: the newest block, 3"
        )


async def test_a_witness_that_disagrees_stops_the_loop_and_names_both(lanes: Lanes, connection: Connection) -> None:
    async with ScriptedNode(of_a(1, 30)) as node, ScriptedNode(of_b(1, 30)) as other:
        error = await ended(loop_over(lanes, node, witness=other.url))
    assert (error.code, error.exit_status) == ("witness_disagrees", 65)
    assert node.url in error.message
    assert other.url in error.message
    committed = await height(connection)
    assert str(make_block(committed).hash) in error.message


async def test_a_witness_is_asked_at_the_start_before_anything_is_written(lanes: Lanes, connection: Connection) -> None:
    async with ScriptedNode(of_a(1, 30)) as node, ScriptedNode(of_b(1, 30)) as other:
        await loop_over(lanes, node, exit_at_tip=True).run()
        node.blocks |= {31: make_block(31)}
        assert (await ended(loop_over(lanes, node, witness=other.url))).code == "witness_disagrees"
    assert await height(connection) == 30


async def test_a_witness_that_is_not_there_is_a_warning(lanes: Lanes, connection: Connection) -> None:
    async with ScriptedNode([]) as gone:
        url = gone.url
    async with ScriptedNode(of_a(1, 30)) as node, running(loop_over(lanes, node, witness=url)):

        async def told() -> bool:
            indexer = (await status(connection)).indexer
            return bool(indexer and indexer.witness_problem and indexer.height == 30)

        assert await eventually(told)
        assert failing(await status(connection)) == {}


async def test_a_witness_that_agrees_says_how_far(lanes: Lanes, connection: Connection) -> None:
    async with ScriptedNode(of_a(1, 30)) as node, running(loop_over(lanes, node, witness=node.url)):

        async def told() -> bool:
            indexer = (await status(connection)).indexer
            return bool(indexer and indexer.witness_height and not indexer.witness_problem)

        assert await eventually(told)


@pytest.mark.parametrize("batch_blocks_max", [1, 2, 100])
async def test_the_same_hash_at_two_heights_blames_the_source_and_no_transaction(
    lanes: Lanes, connection: Connection, batch_blocks_max: int
) -> None:
    source = ListSource([[USER[0]], [], [USER[1]], [USER[2]]])
    source.chain[2].hash = source.chain[0].hash.upper()
    with pytest.raises(ChainDataError) as refused:
        await index(lanes, source, batch_blocks_max=batch_blocks_max)
    assert refused.value.code == "block_hash_repeated"
    assert "block 3 under the hash" in refused.value.message
    assert await rows(connection, "SELECT count(*) FROM backbeat.rejected_transactions") == [(0,)]
    assert await rows(connection, "SELECT count(*) FROM skipped_transactions") == [(0,)]
    assert await height(connection) < 3
    assert await rows(connection, "SELECT max(height) FROM backbeat.cursor") == [(await height(connection),)]


async def test_the_same_hash_twice_in_one_batch_is_found_before_anything_is_written(connection: Connection) -> None:
    chain = ListSource([[USER[0]], [USER[1]], [USER[2]]]).chain
    chain[2].hash = chain[0].hash
    blocks = [decode_block(block, None) for block in chain]
    cursor = Cursor("dev", 0, None, None, 0, 0)
    with pytest.raises(ChainDataError, match=r"block 3 under the hash .* that of block 1"):
        number_blocks(cursor, blocks, await read_known(await ask_known(connection, cursor, blocks)))
    known = await read_known(await ask_known(connection, cursor, blocks[:2]))
    assert [block.number for block in number_blocks(cursor, blocks[:2], known)] == [1, 2]


async def test_a_block_that_is_there_already_at_its_own_height_is_no_repetition(
    lanes: Lanes, connection: Connection
) -> None:
    source = ListSource([[USER[0]], [USER[1]]])
    await index(lanes, source)
    await connection.execute("DELETE FROM backbeat.cursor")
    await connection.execute("DELETE FROM core_indexed_blocks WHERE height = 2")
    await index(lanes, source)
    assert await rows(connection, "SELECT height, em_block FROM core_indexed_blocks ORDER BY 1") == [(1, 1), (2, 2)]


async def test_a_time_before_that_of_the_block_before_is_refused_of_any_source(lanes: Lanes) -> None:
    source = ListSource([[], [], []])
    source.chain[2].timestamp.seconds = source.chain[1].timestamp.seconds - 1
    with pytest.raises(ChainDataError) as refused:
        await index(lanes, source)
    assert refused.value.code == "block_out_of_order"
    assert "Behind block 2 the source served block 3" in refused.value.message


@pytest.mark.parametrize("said", ["\0\x1b[2J\u202e\n", "x" * 6_000])
async def test_whatever_a_node_and_a_witness_say_of_a_failure_can_be_told(
    lanes: Lanes, connection: Connection, said: str
) -> None:
    """A text that the database refuses would end the heartbeats."""
    async with ScriptedNode(of_a(1, 30)) as node, ScriptedNode([]) as second:
        await loop_over(lanes, node, exit_at_tip=True).run()
        second.always["GetBlock"] = node.always["GetBlock"] = lambda _: (grpc.StatusCode.UNAVAILABLE, said)
        loop = loop_over(lanes, node, witness=second.url)
        async with running(loop):

            async def told() -> bool:
                return "UNAVAILABLE" in failing(await status(connection)).get("chain source", "")

            assert await eventually(told)
            [[problem]] = await rows(connection, "SELECT source_problem FROM backbeat.indexer")
            assert problem.isprintable()
            assert len(problem) < 700
            assert loop.is_beating
            node.always.clear()

            async def told_of_the_witness() -> bool:
                [[problem]] = await rows(connection, "SELECT witness_problem FROM backbeat.indexer")
                return "UNAVAILABLE" in problem and problem.isprintable() and len(problem) < 700

            assert await eventually(told_of_the_witness)


@pytest.mark.parametrize("chain_id", ["a\0b", b"\xff", "", "x" * 100_000])
async def test_a_node_whose_chain_has_no_usable_name_is_refused_at_the_start(
    lanes: Lanes, chain_id: str | bytes
) -> None:
    named = chain_id.encode() if isinstance(chain_id, str) else chain_id
    length = core_pb2.GetNodeInfoResponse(chainid="x" * len(named)).SerializeToString()[: -len(named) or None]
    async with ScriptedNode(of_a(1, 3)) as node:
        node.always["GetNodeInfo"] = lambda _: length + named
        assert (await ended(loop_over(lanes, node))).code == "other_chain"


class Nobody:
    """Watches nothing."""

    def started(self, urls: dict[str, str]) -> None:
        """Hear nothing."""

    def progress(self, progress: Progress) -> None:
        """Hear nothing."""


async def test_a_process_that_ends_with_an_error_is_not_shown_as_silent(
    lanes: Lanes, connection: Connection, database_url: str
) -> None:
    async with ScriptedNode(of_a(1, 3)) as node:
        await loop_over(lanes, node, exit_at_tip=True).run()
        node.blocks = {block.height: block for block in of_b(1, 3)}
        settings = Settings(
            database=DatabaseSettings(url=database_url), chain=ChainSettings(source="node", node_url=node.url)
        )
        ending = run(database_url, settings, {Part.INDEX}, Options(), Nobody(), asyncio.Event(), SystemClock())
        running = asyncio.create_task(ending)
        assert await eventually(lambda: _processes(connection, 1))
        with pytest.raises(ChainDataError):
            await running
    assert await _processes(connection, 0)


async def _processes(connection: Connection, wanted: int) -> bool:
    return await rows(connection, "SELECT count(*) FROM backbeat.processes") == [(wanted,)]
