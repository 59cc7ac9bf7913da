"""The second node: what it is asked, when, and what its answers come to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest
from chain_blocks import CHAIN, make_block
from scripted_node import ImpatientClock, NoJitter, ScriptedNode

from backbeat.chain.proto import core_pb2
from backbeat.chain.witness import Witness
from backbeat.errors import ChainDataError, ConfigError


@asynccontextmanager
async def witness_of(node: ScriptedNode, clock: ImpatientClock | None = None) -> AsyncIterator[Witness]:
    witness = Witness(node.url, "grpc://first:1", clock=clock or ImpatientClock(), random=NoJitter())
    try:
        yield witness
    finally:
        await witness.close()


def chain(last: int) -> list[core_pb2.Block]:
    return [make_block(height) for height in range(1, last + 1)]


def other(height: int = 5, chain_id: str = CHAIN) -> core_pb2.GetBlockResponse:
    block = make_block(height, chain_id=chain_id)
    block.hash = "cd" * 32
    return core_pb2.GetBlockResponse(block=block)


async def look(witness: Witness, height: int) -> None:
    await witness.look(CHAIN, height, make_block(height).hash)


async def test_the_first_block_and_then_one_in_a_hundred_is_compared() -> None:
    async with ScriptedNode(chain(400)) as node, witness_of(node) as witness:
        for height in range(5, 305):
            await look(witness, height)
        assert node.heights_asked("GetBlock") == [[5], [105], [205]]
        assert (witness.height, witness.problem) == (205, "")


async def test_capitals_do_not_matter() -> None:
    async with ScriptedNode([make_block(1)]) as node, witness_of(node) as witness:
        node.blocks[1].hash = "AB" * 32
        await witness.look(CHAIN, 1, "ab" * 32)
        assert witness.height == 1


async def test_three_answers_that_differ_are_a_contradiction_and_two_are_not() -> None:
    async with ScriptedNode(chain(10)) as node, witness_of(node) as witness:
        node.once["GetBlock"].extend([lambda _: other()] * 2)
        await look(witness, 5)
        assert witness.height == 5
        node.always["GetBlock"] = lambda _: other(105)
        with pytest.raises(ChainDataError) as refused:
            await look(witness, 105)
    error = refused.value
    assert error.code == "witness_disagrees"
    for part in (node.url, "grpc://first:1", "105", "cd" * 32, make_block(105).hash, repr(CHAIN)):
        assert part in error.message


@pytest.mark.parametrize(
    "answer",
    [
        other(chain_id="elsewhere"),
        core_pb2.GetBlockResponse(block=make_block(6)),
        core_pb2.GetBlockResponse(block=core_pb2.Block(height=-1, chain_id="elsewhere")),
        core_pb2.GetBlockResponse(block=core_pb2.Block(height=5, chain_id=CHAIN)),
    ],
    ids=["other chain", "other height", "nothing of another chain", "no hash"],
)
async def test_an_answer_of_something_else_is_a_contradiction(answer: core_pb2.GetBlockResponse) -> None:
    async with ScriptedNode([]) as node, witness_of(node) as witness:
        node.always["GetBlock"] = lambda _: answer
        with pytest.raises(ChainDataError, match="witness"):
            await look(witness, 5)


async def test_a_block_that_the_witness_does_not_have_yet_is_compared_later() -> None:
    clock = ImpatientClock()
    async with ScriptedNode(chain(4)) as node, witness_of(node, clock) as witness:
        await look(witness, 5)
        assert (witness.height, witness.problem) == (None, "")
        await clock.sleep(31.0)
        await look(witness, 6)
        assert witness.problem == f"The witness at {node.url} does not have block 5."
        node.blocks[5] = make_block(5)
        await look(witness, 7)
        assert (witness.height, witness.problem) == (5, "")
        assert node.heights_asked("GetBlock") == [[5], [5], [5]]


async def test_an_answer_without_a_block_is_no_contradiction() -> None:
    async with ScriptedNode([]) as node, witness_of(node) as witness:
        node.always["GetBlock"] = lambda _: core_pb2.GetBlockResponse()
        await look(witness, 5)
        assert (witness.height, witness.problem) == (None, "")


@pytest.mark.parametrize("failure", [grpc.StatusCode.UNAVAILABLE, b"\xff\xff\xff"], ids=["fails", "is no answer"])
async def test_a_witness_that_does_not_answer_rests_and_is_asked_again(failure: grpc.StatusCode | bytes) -> None:
    clock = ImpatientClock()
    async with ScriptedNode(chain(10)) as node, witness_of(node, clock) as witness:
        node.once["GetBlock"].append(lambda _: failure)
        await look(witness, 5)
        assert "does not answer" in witness.problem
        await clock.sleep(29.0)
        await look(witness, 6)
        assert node.heights_asked("GetBlock") == [[5]], "a silent witness must not slow the loop"
        await clock.sleep(1.0)
        await look(witness, 7)
        assert (witness.height, witness.problem) == (7, "")


@pytest.mark.parametrize(
    "lacks",
    [grpc.StatusCode.NOT_FOUND, core_pb2.GetBlockResponse(block=core_pb2.Block(height=-1, chain_id=CHAIN))],
    ids=["error", "nothing"],
)
async def test_a_witness_that_has_pruned_what_comes_first_is_asked_for_what_is_newest(
    lacks: grpc.StatusCode | core_pb2.GetBlockResponse,
) -> None:
    """Catching up from the first block, a witness that keeps a part of the chain would else never say anything."""
    clock = ImpatientClock()
    async with ScriptedNode(chain(400)[299:]) as node, witness_of(node, clock) as witness:
        node.always["GetBlock"] = lambda r: lacks if r.height < 300 else node.as_usual("GetBlock", r)
        await look(witness, 5)
        await clock.sleep(31.0)
        await look(witness, 6)
        await clock.sleep(31.0)
        await look(witness, 320)
        assert (witness.height, witness.problem) == (320, "")


async def test_a_url_that_is_none_names_the_setting() -> None:
    with pytest.raises(ConfigError) as refused:
        Witness("http://x", "y", clock=ImpatientClock(), random=NoJitter())
    assert "chain.witness_url" in refused.value.cure
