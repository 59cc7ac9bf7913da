import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
from chain_blocks import ListSource, make_block

from backbeat.chain.ahead import Ahead
from backbeat.chain.proto import core_pb2
from backbeat.chain.source import Source
from backbeat.errors import ChainDataError, SourceError

STILL_LOOKS = 10  # in a row, of 20 ms each, that nothing moves
ALL: dict[str, Any] = {"blocks_max": 10_000, "bytes_max": 10**9}


@asynccontextmanager
async def ahead_of(source: Source, after: int = 0, *, bytes_max: int = 10**6, workers: int = 2) -> AsyncIterator[Ahead]:
    ahead = Ahead(source, after, verifier=None, bytes_max=bytes_max, workers=workers)
    try:
        yield ahead
    finally:
        await ahead.close()


async def drain(ahead: Ahead, into: list[int] | None = None) -> list[int]:
    """Return the heights that came, also in ``into`` in case an error ends it."""
    heights = [] if into is None else into
    while taken := await ahead.take(**ALL):
        heights += [block.height for block in taken]
    return heights


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - counters have no event, and the wait is bounded
            await asyncio.sleep(0.001)


async def nothing_moves(ahead: Ahead) -> None:
    """Return once the puller has run out of room or blocks."""
    seen, looks = -1, 0
    while looks < STILL_LOOKS:
        looks = looks + 1 if seen == ahead.pending_blocks else 0
        seen = ahead.pending_blocks
        await asyncio.sleep(0.02)


class Endless(ListSource):
    """Serves a few blocks, then waits for ever, as a node at its head does."""

    is_finite = False

    async def blocks(self, after: int) -> AsyncIterator[core_pb2.Block]:
        async for block in super().blocks(after):
            yield block
        try:
            await asyncio.Event().wait()
        finally:
            self.closed = True


async def test_every_block_comes_once_in_order_and_then_the_end() -> None:
    async with ahead_of(ListSource(make_block(height) for height in range(1, 1001))) as ahead:
        assert await drain(ahead) == list(range(1, 1001))
        assert await ahead.take(**ALL) == []
        assert (ahead.pending_blocks, ahead.pending_bytes) == (0, 0)


async def test_it_starts_behind_the_given_height() -> None:
    async with ahead_of(ListSource(make_block(height) for height in range(1, 11)), after=7) as ahead:
        assert await drain(ahead) == [8, 9, 10]


async def test_a_take_stays_within_its_bounds() -> None:
    source = ListSource([make_block(height) for height in range(1, 11)])
    async with ahead_of(source) as ahead:
        await until(lambda: ahead.pending_blocks == 10)
        first = await ahead.take(blocks_max=1, bytes_max=10**6)
        size = first[0].size_bytes
        await nothing_moves(ahead)
        assert len(await ahead.take(blocks_max=100, bytes_max=3 * size)) == 3
        assert len(await ahead.take(blocks_max=100, bytes_max=0)) == 1, "a block that is too big still comes"
        assert len(await ahead.take(blocks_max=4, bytes_max=10**6)) == 4


async def test_at_the_head_a_block_is_handed_over_at_once() -> None:
    async with ahead_of(Endless([make_block(1)])) as ahead, asyncio.timeout(60):
        assert [block.height for block in await ahead.take(**ALL)] == [1]


async def test_memory_is_bounded_while_nobody_takes() -> None:
    source = ListSource(make_block(height, padding=1000) for height in range(1, 100_001))
    one = make_block(50_000, padding=1000).ByteSize()
    async with ahead_of(source, bytes_max=50 * one) as ahead:
        await nothing_moves(ahead)
        assert 45 * one < ahead.pending_bytes <= 50 * one
        assert source.served <= 52
        assert (await ahead.take(blocks_max=10, bytes_max=10**9))[-1].height <= 10
        await nothing_moves(ahead)
        assert ahead.pending_bytes <= 50 * one


async def test_a_block_bigger_than_the_bound_still_passes() -> None:
    async with ahead_of(ListSource([make_block(1, padding=5000), make_block(2)]), bytes_max=100) as ahead:
        assert await drain(ahead) == [1, 2]


async def test_what_came_before_an_error_is_delivered_first() -> None:
    error = SourceError("gone", "The node is gone.", cure="Start it.")
    async with ahead_of(ListSource([make_block(1), make_block(2)], error)) as ahead:
        got: list[int] = []
        with pytest.raises(SourceError):
            await drain(ahead, got)
        assert got == [1, 2]
        for _ in range(2):
            with pytest.raises(SourceError, match="The node is gone"):
                await ahead.take(**ALL)


async def test_a_block_that_does_not_decode_stops_right_there() -> None:
    broken = make_block(3)
    broken.ClearField("timestamp")
    blocks = [make_block(1), make_block(2), broken, *(make_block(height) for height in range(4, 300))]
    async with ahead_of(ListSource(blocks)) as ahead:
        got: list[int] = []
        with pytest.raises(ChainDataError, match="height 3"):
            await drain(ahead, got)
        assert got == [1, 2]
        assert (ahead.pending_blocks, ahead.pending_bytes) == (0, 0)


@pytest.mark.parametrize(
    "second",
    [make_block(1), make_block(3), make_block(2, chain_id="other")],
    ids=["repeated", "gap", "other chain"],
)
async def test_a_block_out_of_place_is_never_delivered(second: core_pb2.Block) -> None:
    source = ListSource([make_block(1), second])
    async with ahead_of(source) as ahead:
        got: list[int] = []
        with pytest.raises(ChainDataError) as refused:
            await drain(ahead, got)
        assert (got, refused.value.code) == ([1], "block_out_of_place")


async def test_a_cancelled_take_loses_nothing() -> None:
    release = asyncio.Event()

    class Held(ListSource):
        async def blocks(self, after: int) -> AsyncIterator[core_pb2.Block]:
            await release.wait()
            async for block in super().blocks(after):
                yield block

    async with ahead_of(Held([make_block(1), make_block(2)])) as ahead:
        waiting = asyncio.create_task(ahead.take(**ALL))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        release.set()
        assert await drain(ahead) == [1, 2]


async def test_closing_while_it_waits_lets_go_of_the_source() -> None:
    source = Endless([make_block(1)])
    ahead = Ahead(source, 0, verifier=None, bytes_max=10**6)
    await ahead.take(**ALL)
    waiting = asyncio.create_task(ahead.take(**ALL))
    await asyncio.sleep(0)
    await ahead.close()
    await ahead.close()
    assert source.closed
    assert await waiting == []


async def test_closing_while_it_is_full_lets_go_of_the_source() -> None:
    source = ListSource(make_block(height) for height in range(1, 1001))
    ahead = Ahead(source, 0, verifier=None, bytes_max=1000)
    await nothing_moves(ahead)
    await ahead.close()
    assert source.closed


async def test_a_source_that_never_waits_leaves_the_event_loop_to_others() -> None:
    served_when_others_ran: list[int] = []

    async def other(source: ListSource) -> None:
        while source.served < 5000:
            served_when_others_ran.append(source.served)
            await asyncio.sleep(0)

    def blocks() -> Iterator[core_pb2.Block]:
        return (make_block(height, plays=0) for height in range(1, 5001))

    source = ListSource(blocks())
    async with ahead_of(source, bytes_max=10**9) as ahead:
        await asyncio.gather(other(source), drain(ahead))
    steps = [b - a for a, b in pairwise(served_when_others_ran)]
    assert max(steps) <= 64


async def test_while_it_is_held_nothing_is_decoded() -> None:
    async with ahead_of(ListSource([make_block(height) for height in range(1, 200)])) as ahead:
        with ahead.decoding_paused():
            taking = asyncio.ensure_future(ahead.take(**ALL))
            await nothing_moves(ahead)
            assert not taking.done()
        assert (await taking)[0].height == 1
        assert len(await drain(ahead)) == 199 - len(taking.result())


async def test_it_is_ready_with_so_many_blocks_or_so_many_bytes() -> None:
    async with ahead_of(Endless([make_block(height) for height in range(1, 11)])) as ahead, asyncio.timeout(60):
        await ahead.until_ready(blocks=10, size_bytes=10**6)
        [first] = await ahead.take(blocks_max=1, bytes_max=10**6)
        await ahead.until_ready(blocks=10**6, size_bytes=9 * first.size_bytes)
        for blocks, size_bytes in ((10, 10**6), (10**6, 10 * first.size_bytes)):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(ahead.until_ready(blocks=blocks, size_bytes=size_bytes), 0.05)
        assert len(await ahead.take(**ALL)) == 9, "waiting takes nothing"


async def test_at_the_end_it_is_ready_with_what_is_left() -> None:
    async with ahead_of(ListSource([make_block(1), make_block(2)])) as ahead, asyncio.timeout(60):
        await ahead.until_ready(blocks=10, size_bytes=10**6)
        assert len(await ahead.take(**ALL)) == 2
