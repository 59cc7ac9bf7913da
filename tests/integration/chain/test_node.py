"""NodeSource against a real gRPC server that serves well, slowly, seldom or wrongly."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import grpc
import pytest
from chain_blocks import CHAIN, START_SECONDS, make_block
from scripted_node import ImpatientClock, NoJitter, ScriptedNode
from shared_dir import shared_file

from backbeat.chain.ahead import Ahead
from backbeat.chain.model import Head
from backbeat.chain.node import NodeSource
from backbeat.chain.node_server import NodeServer
from backbeat.chain.node_settings import NodeSettings
from backbeat.chain.proto import core_pb2
from backbeat.chain.recording import open_recording
from backbeat.errors import BackbeatError, ChainDataError, ConfigError, SourceError


@asynccontextmanager
async def source_of(
    node: ScriptedNode | NodeServer,
    *,
    chain_id: str = "",
    clock: ImpatientClock | None = None,
    **settings: Any,
) -> AsyncIterator[NodeSource]:
    source = NodeSource(
        node.url,
        chain_id=chain_id,
        settings=NodeSettings(**settings),
        clock=clock or ImpatientClock(),
        random=NoJitter(),
    )
    await source.open()
    try:
        yield source
    finally:
        await source.close()


def chain(first: int, last: int, **kwargs: Any) -> list[core_pb2.Block]:
    return [make_block(height, **kwargs) for height in range(first, last + 1)]


@asynccontextmanager
async def following(source: NodeSource, after: int) -> AsyncIterator[AsyncIterator[core_pb2.Block]]:
    blocks = source.blocks(after)
    assert isinstance(blocks, AsyncGenerator)
    async with aclosing(blocks):
        yield blocks


async def serve(source: NodeSource, after: int, count: int) -> list[core_pb2.Block]:
    got: list[core_pb2.Block] = []
    async with following(source, after) as blocks:
        async for block in blocks:
            got.append(block)
            if len(got) == count:
                return got
    raise AssertionError("a node never ends")


async def refusal(source: NodeSource, after: int) -> tuple[list[int], BackbeatError]:
    """Return the heights that came before the error, and the error."""
    heights: list[int] = []
    try:
        async for block in source.blocks(after):
            heights.append(block.height)  # noqa: PERF401 - what came before the error counts
    except BackbeatError as error:
        return heights, error
    raise AssertionError("a node never ends")


async def test_catches_up_in_chunks_and_then_asks_singly() -> None:
    async with ScriptedNode(chain(1, 250)) as node, source_of(node) as source:
        assert await serve(source, 0, 250) == chain(1, 250)
        asked = node.heights_asked("GetBlocks")
        assert [(heights[0], heights[-1]) for heights in asked] == [(1, 100), (100, 200), (200, 250)]
        assert node.heights_asked("GetBlock") == []
        node.blocks[251] = make_block(251)
        assert [block.height for block in await serve(source, 249, 2)] == [250, 251]
        assert node.heights_asked("GetBlock") == [[250], [251], [250]], "the block before is looked at again"


async def test_no_more_chunks_are_fetched_than_allowed_while_nobody_takes() -> None:
    async with (
        ScriptedNode(chain(1, 900)) as node,
        source_of(node, chunks_ahead=2) as source,
        following(source, 0) as blocks,
    ):
        await anext(blocks)
        await source.head()
        assert len(node.heights_asked("GetBlocks")) <= 2


async def test_a_chunk_never_asks_for_more_than_a_node_allows() -> None:
    async with ScriptedNode(chain(1, 700)) as node, source_of(node, chunk_blocks=5000) as source:
        await serve(source, 0, 700)
        assert [len(heights) for heights in node.heights_asked("GetBlocks")] == [499, 202]


async def test_scenario_5_at_the_head_it_waits_longer_and_longer_and_believes_no_zero() -> None:
    async with ScriptedNode(chain(9, 10)) as node:

        def appear(sleeps: int) -> None:
            if sleeps == 6:
                node.blocks[11] = make_block(11)
            if sleeps == 8:
                node.blocks[12] = make_block(12)

        clock = ImpatientClock(appear)
        async with source_of(node, clock=clock) as source:
            assert [block.height for block in await serve(source, 10, 2)] == [11, 12]
            assert clock.slept == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 3.2, 0.2, 0.4])
            assert await source.head() == Head(12)


async def test_scenario_5_a_head_of_zero_is_not_known() -> None:
    async with ScriptedNode(chain(1, 3)) as node, source_of(node) as source:
        node.always["GetNodeInfo"] = lambda _: core_pb2.GetNodeInfoResponse(chainid=CHAIN, current_height=0)
        assert await source.head() is None


async def test_scenario_6_a_height_absent_from_a_chunk_is_asked_for_before_the_next_is_served() -> None:
    async with ScriptedNode(chain(1, 7)) as node, source_of(node) as source:
        complete = node.blocks

        def without_6(request: core_pb2.GetBlocksRequest) -> core_pb2.GetBlocksResponse:
            found = {height: complete[height] for height in request.height if height != 6}
            return core_pb2.GetBlocksResponse(blocks=found, current_height=7)

        node.always["GetBlocks"] = without_6
        assert [block.height for block in await serve(source, 4, 3)] == [5, 6, 7]
        assert [asked for asked in node.asked if asked[0] != "GetNodeInfo"] == [
            ("GetBlocks", [5, 6, 7]),
            ("GetBlock", [6]),
            ("GetBlock", [5]),
        ]


async def test_scenario_9_another_chain_id_in_a_block_is_an_error_and_nothing_is_served() -> None:
    async with ScriptedNode(chain(1, 1, chain_id="other"), CHAIN) as node, source_of(node) as source:
        heights, error = await refusal(source, 0)
        assert (heights, error.code) == ([], "other_chain")
        assert isinstance(error, ChainDataError)


async def test_another_chain_id_in_not_yet_is_an_error() -> None:
    async with ScriptedNode(chain(1, 1)) as node, source_of(node) as source:
        node.chain_id = "other"
        heights, error = await refusal(source, 0)
        assert (heights, error.code) == ([1], "other_chain")
        assert await source.head() is None


async def test_scenario_15_upper_case_hash_is_served_lower_case() -> None:
    block = make_block(1)
    block.hash = "AB" * 32
    async with ScriptedNode([block]) as node, source_of(node) as source:
        assert (await serve(source, 0, 1))[0].hash == "ab" * 32


async def test_a_slow_node_is_asked_again_after_the_deadline() -> None:
    async with ScriptedNode(chain(1, 1)) as node, source_of(node, call_seconds=0.2) as source:
        node.delay_seconds = 1.0
        assert [block.height for block in await serve(source, 0, 1)] == [1]
        assert len(node.heights_asked("GetBlock")) == 2


async def test_a_flapping_node_is_asked_for_ever_and_the_reason_shows() -> None:
    async with ScriptedNode(chain(1, 1)) as node:
        clock = ImpatientClock()
        async with source_of(node, clock=clock) as source:
            node.once["GetBlock"].extend([lambda _: grpc.StatusCode.UNAVAILABLE] * 20)
            seen: list[str | None] = []

            def remember(_request: Any) -> grpc.StatusCode:
                seen.append(source.last_error)
                return grpc.StatusCode.UNAVAILABLE

            node.once["GetBlock"].append(remember)
            assert [block.height for block in await serve(source, 0, 1)] == [1]
            assert clock.slept[:6] == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 3.2])
            assert seen == ["UNAVAILABLE: scripted"]
            assert source.last_error is None


async def test_a_node_that_goes_away_and_comes_back_is_followed_on() -> None:
    node = ScriptedNode(chain(1, 2))
    await node.start()
    async with source_of(node) as source, following(source, 0) as blocks:
        assert (await anext(blocks)).height == 1
        await node.stop()
        assert await source.head() is None
        assert source.last_error is not None
        await node.start()
        assert (await anext(blocks)).height == 2
    await node.stop()


async def test_a_lagging_node_is_waited_for_and_its_head_is_not_believed() -> None:
    async with ScriptedNode(chain(1, 5)) as node:
        clock = ImpatientClock(lambda sleeps: node.blocks.update({6: make_block(6)}) if sleeps == 3 else None)
        async with source_of(node, clock=clock) as source:
            assert len(await serve(source, 0, 5)) == 5
            behind = core_pb2.GetNodeInfoResponse(chainid=CHAIN, current_height=2)
            node.once["GetNodeInfo"].append(lambda _: behind)
            assert await source.head() == Head(5), "what was served exists"
            assert [block.height for block in await serve(source, 5, 1)] == [6]


async def test_a_head_that_is_a_lie_neither_stops_nor_hurries_it() -> None:
    async with ScriptedNode(chain(1, 3)) as node:
        lie = core_pb2.GetNodeInfoResponse(chainid=CHAIN, current_height=10**9)
        node.once["GetNodeInfo"].append(lambda _: lie)
        clock = ImpatientClock(lambda sleeps: node.blocks.update({4: make_block(4)}) if sleeps == 3 else None)
        async with source_of(node, clock=clock) as source:
            assert [block.height for block in await serve(source, 0, 4)] == [1, 2, 3, 4]
            assert len(node.asked) < 20


def wrong_height(_request: Any) -> core_pb2.GetBlockResponse:
    return core_pb2.GetBlockResponse(block=make_block(7), current_height=2)


def wrong_chain(_request: Any) -> core_pb2.GetBlockResponse:
    return core_pb2.GetBlockResponse(block=make_block(2, chain_id="other"), current_height=2)


def same_hash(_request: Any) -> core_pb2.GetBlockResponse:
    block = make_block(2)
    block.hash = make_block(1).hash
    return core_pb2.GetBlockResponse(block=block, current_height=2)


def no_hash(_request: Any) -> core_pb2.GetBlockResponse:
    block = make_block(2)
    block.ClearField("hash")
    return core_pb2.GetBlockResponse(block=block, current_height=2)


def hash_not_utf8(_request: Any) -> bytes:
    return b"\x0a\x18" + b"\x08\x02" + b"\x12\x06" + b"\xff" * 6 + b"\x1a\x0a" + CHAIN.encode() + b"\x10\x02"


def no_protobuf(_request: Any) -> bytes:
    return b"\xff\xff\xff\xff"


def hash_of(text: str) -> Callable[[Any], core_pb2.GetBlockResponse]:
    def hash_that_is_none(_request: Any) -> core_pb2.GetBlockResponse:
        block = make_block(2)
        block.hash = text
        return core_pb2.GetBlockResponse(block=block, current_height=2)

    return hash_that_is_none


def time_of(seconds: int, nanos: int = 0) -> Callable[[Any], core_pb2.GetBlockResponse]:
    def wrong_time(_request: Any) -> core_pb2.GetBlockResponse:
        block = make_block(2)
        block.timestamp.seconds, block.timestamp.nanos = seconds, nanos
        return core_pb2.GetBlockResponse(block=block, current_height=2)

    return wrong_time


def no_time(_request: Any) -> core_pb2.GetBlockResponse:
    block = make_block(2)
    block.ClearField("timestamp")
    return core_pb2.GetBlockResponse(block=block, current_height=2)


BEFORE = START_SECONDS + 1  # block 1
LIES = pytest.mark.parametrize(
    "lie",
    [
        wrong_height,
        wrong_chain,
        same_hash,
        no_hash,
        hash_not_utf8,
        no_protobuf,
        hash_of("ab"),
        hash_of("0x" + "ab" * 31),
        hash_of("zz" * 32),
        no_time,
        time_of(0),
        time_of(BEFORE - 1),
        time_of(BEFORE - 1, 999_999_999),
        time_of(-1),
        time_of(2**62),
        time_of(BEFORE, -1),
        time_of(BEFORE + 86_500),
        time_of(253_402_300_799),
    ],
    ids=lambda lie: lie.__name__,
)


async def test_two_blocks_may_be_of_one_time() -> None:
    async with ScriptedNode(chain(1, 2)) as node, source_of(node) as source:
        node.blocks[2].timestamp.seconds = BEFORE
        assert [block.height for block in await serve(source, 0, 2)] == [1, 2]


@LIES
async def test_a_node_that_lies_once_is_forgiven(lie: Callable[[Any], Any]) -> None:
    async with ScriptedNode(chain(1, 2)) as node, source_of(node) as source:
        node.once["GetBlock"].extend([lambda r: node.as_usual("GetBlock", r), lie, lie, lie])
        assert [block.height for block in await serve(source, 0, 2)] == [1, 2]
        assert source.last_error is None


@LIES
async def test_a_node_that_keeps_lying_stops_us_and_nothing_of_it_is_served(lie: Callable[[Any], Any]) -> None:
    async with ScriptedNode(chain(1, 2)) as node, source_of(node) as source:
        node.once["GetBlock"].append(lambda r: node.as_usual("GetBlock", r))
        node.always["GetBlock"] = lie
        heights, error = await refusal(source, 0)
        assert heights == [1]
        assert isinstance(error, ChainDataError)
        assert error.code in {"node_answer_wrong", "node_answer_unreadable", "other_chain"}
        assert len(node.heights_asked("GetBlock")) == 1 + 4, "asked once and three times again"


@pytest.mark.parametrize("at", [1, 50, 99])
async def test_a_lie_inside_a_chunk_is_an_error(at: int) -> None:
    async with ScriptedNode(chain(1, 100)) as node, source_of(node, chunk_blocks=40) as source:
        node.blocks[at] = make_block(at + 500)
        heights, error = await refusal(source, 0)
        assert heights == list(range(1, at // 40 * 40 + 1)), "chunks before it were served"
        assert error.code == "node_answer_wrong"


async def test_one_block_at_two_heights_of_a_chunk_is_an_error() -> None:
    async with ScriptedNode(chain(1, 10)) as node, source_of(node) as source:
        node.blocks[6].hash = node.blocks[5].hash.upper()
        heights, error = await refusal(source, 0)
        assert (heights, error.code) == ([], "node_answer_wrong")


async def test_a_gap_is_never_skipped() -> None:
    async with ScriptedNode(chain(1, 9)) as node:
        missing = node.blocks.pop(5)
        clock = ImpatientClock(lambda sleeps: node.blocks.update({5: missing}) if sleeps == 10 else None)
        async with source_of(node, clock=clock) as source:
            assert [block.height for block in await serve(source, 0, 9)] == list(range(1, 10))


async def test_an_empty_chunk_is_filled_block_by_block() -> None:
    async with ScriptedNode(chain(1, 9)) as node, source_of(node) as source:
        node.always["GetBlocks"] = lambda _: core_pb2.GetBlocksResponse(current_height=9)
        assert [block.height for block in await serve(source, 0, 9)] == list(range(1, 10))


async def test_a_pruned_height_is_an_error_that_names_the_first_one_kept() -> None:
    async with ScriptedNode(chain(50, 60)) as node, source_of(node) as source:
        node.earliest = 50
        heights, error = await refusal(source, 9)
        assert (heights, error.code) == ([], "node_pruned")
        assert isinstance(error, SourceError)
        assert "start_height to 50" in error.cure


async def test_answers_that_are_too_big_are_asked_for_in_smaller_chunks() -> None:
    async with (
        ScriptedNode(chain(1, 120, padding=1000)) as node,
        source_of(node, message_bytes_max=40_000) as source,
    ):
        assert await serve(source, 0, 120) == chain(1, 120, padding=1000)
        assert min(len(heights) for heights in node.heights_asked("GetBlocks")) <= 35
        assert node.heights_asked("GetBlock") == []


async def test_smaller_chunks_go_on_also_where_the_node_lacks_the_block_before() -> None:
    async with (
        ScriptedNode(chain(1, 120, padding=1000)) as node,
        source_of(node, message_bytes_max=40_000) as source,
    ):

        def without_the_first(request: core_pb2.GetBlocksRequest) -> core_pb2.GetBlocksResponse:
            wanted = list(request.height)
            found = {height: node.blocks[height] for height in (wanted[1:] if wanted[0] > 1 else wanted)}
            return core_pb2.GetBlocksResponse(blocks=found, current_height=node.head)

        node.always["GetBlocks"] = without_the_first
        assert await serve(source, 0, 120) == chain(1, 120, padding=1000)


async def test_open_accepts_the_nodes_chain_or_holds_it_to_ours() -> None:
    async with ScriptedNode(chain(1, 1)) as node:
        async with source_of(node) as source:
            assert source.chain_id == CHAIN
        with pytest.raises(ChainDataError) as refused:
            async with source_of(node, chain_id="ours"):
                pass
        assert "ours" in refused.value.message


async def test_open_gives_up_on_a_node_that_is_not_there() -> None:
    async with ScriptedNode([]) as node:
        url = node.url
    source = NodeSource(url, clock=ImpatientClock(), random=NoJitter())
    with pytest.raises(SourceError) as refused:
        await source.open()
    assert refused.value.code == "node_unreachable"
    await source.close()


async def test_open_outlasts_a_short_outage() -> None:
    async with ScriptedNode([]) as node:
        node.once["GetNodeInfo"].extend([lambda _: grpc.StatusCode.UNAVAILABLE] * 3)
        async with source_of(node) as source:
            assert source.chain_id == CHAIN


@pytest.mark.parametrize("url", ["", "localhost:50051", "http://host:1", "grpc://", "grpc://host:x", "grpc://:5"])
async def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        await NodeSource(url, clock=ImpatientClock(), random=NoJitter()).open()
    assert "grpc://host:port" in refused.value.cure


async def test_tls_is_not_spoken_to_a_plain_node() -> None:
    async with ScriptedNode(chain(1, 1)) as node:
        source = NodeSource(
            node.url.replace("grpc:", "grpcs:"),
            settings=NodeSettings(open_attempts=2, call_seconds=2),
            clock=ImpatientClock(),
            random=NoJitter(),
        )
        with pytest.raises(SourceError):
            await source.open()
        await source.close()


async def test_mainnet_recording_through_a_node_is_the_recording() -> None:
    recording = open_recording(shared_file("recordings/mainnet-a.pb"))
    await recording.open()
    expected = [block async for block in recording.blocks(0)]
    async with NodeServer(recording) as server, source_of(server) as source:
        assert await serve(source, 0, len(expected)) == expected
        ahead = Ahead(source, 0, verifier=None, bytes_max=10**6)
        heights: list[int] = []
        while len(heights) < len(expected):
            heights += [block.height for block in await ahead.take(blocks_max=500, bytes_max=10**6)]
        await ahead.close()
        assert heights == list(range(1, len(expected) + 1))
    await recording.close()
