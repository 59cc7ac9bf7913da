"""A node that was set up again, or went back, under the chain id that is being indexed."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import grpc
import pytest
from chain_blocks import CHAIN, make_block
from scripted_node import ImpatientClock, NoJitter, ScriptedNode

from backbeat.chain.node import NodeSource
from backbeat.chain.node_settings import NodeSettings
from backbeat.chain.proto import core_pb2
from backbeat.errors import ChainDataError


def of_a(first: int, last: int) -> list[core_pb2.Block]:
    return [make_block(height) for height in range(first, last + 1)]


def of_b(first: int, last: int) -> list[core_pb2.Block]:
    blocks = of_a(first, last)
    for block in blocks:
        block.hash = f"b{block.height:063x}"
    return blocks


@asynccontextmanager
async def source_of(
    node: ScriptedNode, clock: ImpatientClock | None = None, **settings: Any
) -> AsyncIterator[NodeSource]:
    source = NodeSource(node.url, settings=NodeSettings(**settings), clock=clock or ImpatientClock(), random=NoJitter())
    await source.open()
    try:
        yield source
    finally:
        await source.close()


@asynccontextmanager
async def following(source: NodeSource, after: int) -> AsyncIterator[AsyncIterator[core_pb2.Block]]:
    blocks = source.blocks(after)
    assert isinstance(blocks, AsyncGenerator)
    async with aclosing(blocks):
        yield blocks


async def exhaust(blocks: AsyncIterator[core_pb2.Block], into: list[core_pb2.Block]) -> None:
    """Take what comes until an error does."""
    async for block in blocks:
        into.append(block)  # noqa: PERF401 - what came before the error counts


async def test_the_block_that_was_indexed_last_is_compared_at_the_start() -> None:
    async with ScriptedNode(of_b(1, 120)) as node, source_of(node) as source:
        with pytest.raises(ChainDataError) as refused:
            await source.compare(100, make_block(100).hash)
    error = refused.value
    assert (error.code, error.exit_status) == ("other_history", 65)
    assert node.url in error.message
    assert "height 100" in error.message
    assert "head is 120" in error.message


async def test_the_same_block_in_capitals_is_the_same() -> None:
    async with ScriptedNode(of_a(1, 12)) as node, source_of(node) as source, following(source, 10) as blocks:
        await source.compare(10, make_block(10).hash.upper())
        assert [(await anext(blocks)).height, (await anext(blocks)).height] == [11, 12]


async def test_a_node_below_the_cursor_is_waited_for_and_refused_once_it_has_another_block_there() -> None:
    async with ScriptedNode(of_b(1, 20)) as node:
        told: list[str] = []

        def grow(sleeps: int) -> None:
            told.append(source.condition().problem)
            if sleeps == 5:
                node.blocks |= {block.height: block for block in of_b(21, 105)}

        clock = ImpatientClock(grow)
        async with source_of(node, clock) as source:
            await source.compare(100, make_block(100).hash)
            assert source.condition().problem == (
                f"The node at {node.url} does not have block 100, which was indexed; it is at block 20."
            )
            async with following(source, 100) as blocks:
                with pytest.raises(ChainDataError) as refused:
                    await anext(blocks)
    assert refused.value.code == "other_history"
    assert all("does not have block 100" in problem for problem in told[:5])


async def test_a_node_below_the_cursor_that_is_only_behind_is_followed_once_it_is_there() -> None:
    async with ScriptedNode(of_a(1, 20)) as node:
        clock = ImpatientClock(lambda n: node.blocks.update({b.height: b for b in of_a(21, 31)}) if n == 4 else None)
        async with source_of(node, clock) as source, following(source, 30) as blocks:
            await source.compare(30, make_block(30).hash)
            assert (await anext(blocks)).height == 31
            assert source.condition().problem == ""


@pytest.mark.parametrize("head", [3, 4, 5, 9, 300])
async def test_a_node_that_is_replaced_while_it_is_followed_is_found_out_by_its_next_block(head: int) -> None:
    """Whether the connection was seen to break or not, and whether it has more blocks or fewer."""
    async with ScriptedNode(of_a(1, 4)) as node:
        clock = ImpatientClock(lambda _: node.blocks.update({b.height: b for b in of_b(head + 1, head + 5)}))
        async with source_of(node, clock) as source, following(source, 0) as blocks:
            assert [(await anext(blocks)).height for _ in range(4)] == [1, 2, 3, 4]
            node.blocks = {block.height: block for block in of_b(1, head)}
            await source.head()
            with pytest.raises(ChainDataError) as refused:
                await anext(blocks)
    assert refused.value.code == "other_history"
    assert "height 4" in refused.value.message


@pytest.mark.parametrize("chunk_blocks", [3, 10, 100])
async def test_a_node_that_is_replaced_between_two_chunks_is_found_out(chunk_blocks: int) -> None:
    async with (
        ScriptedNode(of_a(1, 400)) as node,
        source_of(node, chunk_blocks=chunk_blocks) as source,
        following(source, 0) as blocks,
    ):
        served = [await anext(blocks) for _ in range(chunk_blocks)]
        node.blocks = {block.height: block for block in of_b(1, 400)}
        with pytest.raises(ChainDataError) as refused:
            await exhaust(blocks, served)
    assert refused.value.code == "other_history"
    assert {block.hash for block in served} <= {block.hash for block in of_a(1, 400)}, "nothing of the other was served"


async def test_one_of_several_nodes_behind_an_address_that_is_another_is_forgiven() -> None:
    async with ScriptedNode(of_a(1, 400)) as node, source_of(node, chunk_blocks=50) as source:
        stranger = ScriptedNode(of_b(1, 400))
        node.once["GetBlocks"].extend(
            [lambda r: node.as_usual("GetBlocks", r), lambda r: stranger.as_usual("GetBlocks", r)]
        )
        node.once["GetBlock"].append(lambda r: stranger.as_usual("GetBlock", r))
        async with following(source, 0) as blocks:
            served = [await anext(blocks) for _ in range(400)]
    assert served == of_a(1, 400)


async def test_a_node_that_keeps_mixing_two_chains_is_refused() -> None:
    async with ScriptedNode(of_a(1, 400)) as node, source_of(node, chunk_blocks=50) as source:
        stranger = ScriptedNode(of_b(1, 400))
        node.once["GetBlocks"].append(lambda r: node.as_usual("GetBlocks", r))
        node.always["GetBlocks"] = lambda r: stranger.as_usual("GetBlocks", r)
        async with following(source, 0) as blocks:
            with pytest.raises(ChainDataError) as refused:
                await exhaust(blocks, [])
    assert refused.value.code == "node_answer_wrong"
    assert "do not follow on block 50" in refused.value.message


async def test_a_node_that_has_pruned_the_block_of_the_cursor_is_followed() -> None:
    async with ScriptedNode(of_a(11, 14)) as node, source_of(node) as source, following(source, 10) as blocks:
        node.earliest = 11
        await source.compare(10, make_block(10).hash)
        assert [(await anext(blocks)).height for _ in range(4)] == [11, 12, 13, 14]


async def test_a_node_that_is_not_synced_says_so() -> None:
    async with ScriptedNode(of_a(1, 4)) as node, source_of(node) as source:
        assert source.condition().problem == ""
        behind = core_pb2.GetNodeInfoResponse(chainid=CHAIN, current_height=4, synced=False)
        node.once["GetNodeInfo"].append(lambda _: behind)
        await source.head()
        assert source.condition().problem == f"The node at {node.url} says that it is not synced; it is at block 4."
        await source.head()
        assert source.condition().problem == ""


async def test_a_node_that_cannot_show_the_block_says_why() -> None:
    async with ScriptedNode(of_a(1, 4)) as node:
        told: list[str] = []

        def tell(sleeps: int) -> None:
            told.append(source.condition().problem)
            if sleeps == 7:
                node.always.clear()

        async with source_of(node, ImpatientClock(tell)) as source:
            node.always["GetBlock"] = lambda _: grpc.StatusCode.INTERNAL
            await source.compare(3, make_block(3).hash)
            assert source.condition().problem == ""
    assert told[0] == f"The node at {node.url} has not shown block 3 yet: INTERNAL: scripted."


async def test_a_block_bigger_than_a_block_may_be_ends_in_an_error() -> None:
    blocks = [make_block(1), make_block(2, padding=50_000), make_block(3), make_block(4)]
    async with (
        ScriptedNode(blocks) as node,
        source_of(node, message_bytes_max=20_000) as source,
        following(source, 0) as served,
    ):
        assert (await anext(served)).height == 1
        with pytest.raises(ChainDataError, match="more bytes than a block may have"):
            await anext(served)


async def test_a_time_that_goes_back_between_two_chunks_is_asked_for_again_and_then_an_error() -> None:
    async with ScriptedNode(of_a(1, 9)) as node, source_of(node, chunk_blocks=3) as source:
        node.blocks[4].timestamp.seconds = node.blocks[3].timestamp.seconds - 1
        served: list[core_pb2.Block] = []
        async with following(source, 0) as blocks:
            node.once["GetBlocks"].append(
                lambda _: core_pb2.GetBlocksResponse(blocks={b.height: b for b in of_a(1, 3)}, current_height=9)
            )
            node.once["GetBlocks"].append(
                lambda _: core_pb2.GetBlocksResponse(blocks={b.height: node.blocks[b.height] for b in of_a(4, 6)})
            )
            with pytest.raises(ChainDataError, match=r"Asked for block 4, .* before block 3 of"):
                await exhaust(blocks, served)
    assert [block.height for block in served] == [1, 2, 3]


@pytest.mark.parametrize(("failures", "asked"), [(2, 0), (3, 1), (5, 1), (6, 2)])
async def test_after_three_refusals_the_node_is_asked_what_it_keeps(failures: int, asked: int) -> None:
    async with ScriptedNode(of_a(1, 1)) as node, source_of(node) as source, following(source, 0) as blocks:
        node.once["GetBlock"].extend([lambda _: grpc.StatusCode.INTERNAL] * failures)
        assert (await anext(blocks)).height == 1
        assert len(node.heights_asked("GetStatus")) == asked


async def test_a_node_that_comes_and_goes_is_not_asked_what_it_keeps() -> None:
    async with ScriptedNode(of_a(1, 1)) as node, source_of(node) as source, following(source, 0) as blocks:
        node.once["GetBlock"].extend([lambda _: grpc.StatusCode.UNAVAILABLE] * 9)
        await anext(blocks)
        assert node.heights_asked("GetStatus") == []


async def test_a_node_that_keeps_blocks_from_the_wanted_one_on_is_waited_for() -> None:
    async with ScriptedNode(of_a(5, 5)) as node, source_of(node) as source, following(source, 4) as blocks:
        node.earliest = 5
        node.once["GetBlock"].extend([lambda _: grpc.StatusCode.INTERNAL] * 4)
        assert (await anext(blocks)).height == 5


async def test_a_node_that_does_not_name_its_chain_is_no_good() -> None:
    async with ScriptedNode([], chain_id="") as node:
        with pytest.raises(ChainDataError) as refused:
            async with source_of(node):
                pass
    assert refused.value.code == "other_chain"


async def test_a_node_that_has_a_block_and_does_not_serve_it_is_named_after_a_while() -> None:
    """The lag is one block then and would stay so: nothing else would fail."""
    told: list[str] = []

    def tell(_: int) -> None:
        told.append(source.condition().problem)
        if clock.monotonic() > 130.0:
            node.always.clear()

    clock = ImpatientClock(tell)
    async with (
        ScriptedNode(of_a(1, 2)) as node,
        source_of(node, clock, serve_seconds_max=120.0) as source,
        following(source, 0) as blocks,
    ):
        await anext(blocks)
        await clock.sleep(500.0)  # in which nobody asks for the next
        assert source.condition().problem == ""
        clock.slept.clear()
        node.always["GetBlock"] = lambda _: grpc.StatusCode.INTERNAL
        assert (await anext(blocks)).height == 2
        assert source.condition().problem == ""
    problem = f"The node at {node.url} is at block 2 and has not served block 2 for 12"
    assert [bool(said) for said in told].index(True) > 30
    assert told[-2].startswith(problem)
    assert told[-2].endswith(" s: INTERNAL: scripted.")


async def test_a_node_that_waits_for_its_next_block_owes_none() -> None:
    async with ScriptedNode(of_a(1, 1)) as node:
        heads: list[str] = []

        def grow(sleeps: int) -> None:
            heads.append(source.condition().problem)
            if sleeps == 80:
                node.blocks[2] = make_block(2)

        clock = ImpatientClock(grow)
        async with source_of(node, clock) as source, following(source, 0) as blocks:
            assert [(await anext(blocks)).height, (await anext(blocks)).height] == [1, 2]
    assert clock.monotonic() > 200.0
    assert set(heads) == {""}


async def test_a_node_before_the_height_to_go_on_from_says_so_though_nothing_can_be_compared() -> None:
    async with ScriptedNode(of_a(1, 20)) as node, source_of(node) as source:
        await source.compare(100, "")
        assert source.condition().problem == f"The node at {node.url} is at block 20; block 101 is wanted."


async def test_what_a_node_serves_it_has_whatever_it_said_before() -> None:
    async with ScriptedNode(of_a(1, 1)) as node, source_of(node) as source, following(source, 0) as blocks:
        await anext(blocks)
        node.blocks |= {2: make_block(2), 3: make_block(3)}
        assert [(await anext(blocks)).height, (await anext(blocks)).height] == [2, 3]
        assert source.condition().head_height == 3
