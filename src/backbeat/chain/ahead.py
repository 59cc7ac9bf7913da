"""Fetches and decodes ahead of the block loop, so that neither waits for the other.

Blocks go from the source through worker threads (recovering signatures lets go of the interpreter lock) to the taker,
in height order. What is on the way is bounded by its bytes on the wire.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Final

import msgspec

from backbeat.chain.decode import decode_block
from backbeat.chain.model import Block
from backbeat.chain.native import NativeReader
from backbeat.chain.place import NOWHERE, Place, contradiction, place_of
from backbeat.chain.proto import core_pb2
from backbeat.chain.signatures import Verifier
from backbeat.chain.source import Measured, Source
from backbeat.errors import ChainDataError

CHUNK_BLOCKS: Final = 64  # per thread job: enough to make handing over free, few enough to keep both threads busy
CHUNK_BYTES: Final = 256_000
_BREATH_BLOCKS: Final = 64  # a source that never waits must not keep the event loop from all other tasks


class _Decoded(msgspec.Struct):
    """What one thread job made of its chunk; an error stands for the block behind ``blocks``."""

    blocks: list[Block]
    error: Exception | None = None


class Ahead:
    """Blocks of an open ``source`` behind height ``after``, decoded, in order. Construct it inside the event loop.

    At most ``bytes_max`` bytes of blocks (as on the wire), or one block if that is bigger, are held at any time.
    The source is not closed.
    """

    def __init__(
        self,
        source: Source,
        after: int,
        *,
        verifier: Verifier | None,
        bytes_max: int,
        workers: int = 2,
        check_hashes: bool = True,
        migration_case: int = 0,
        native: NativeReader | None = None,
    ) -> None:
        self._source = source
        self._decode = partial(
            decode_block,
            verifier=verifier,
            check_hashes=check_hashes,
            migration_case=migration_case,
            native=native,
        )
        self._bytes_max = bytes_max
        self._workers = workers
        self._raw: deque[tuple[core_pb2.Block, int]] = deque()  # with its bytes on the wire
        self._jobs: deque[asyncio.Future[_Decoded]] = deque()
        self._running = 0  # of those, how many have a thread
        self._ready: deque[Block] = deque()
        self._ready_bytes = 0
        self._error: Exception | None = None
        self._ended = False
        self._changed = asyncio.Event()  # for the taker: a block, an error or the end
        self._room = asyncio.Event()  # for the puller: bytes were taken
        self._may_decode = threading.Event()
        self._may_decode.set()
        self.pending_blocks = 0
        self.pending_bytes = 0
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="decode")
        self._puller = asyncio.get_running_loop().create_task(self._pull(after), name="ahead")

    async def take(self, *, blocks_max: int, bytes_max: int) -> list[Block]:
        """Wait for a block, then return all that are ready within both bounds; the first is returned whatever its size.

        Returns an empty list when a finite source has ended. Once everything before it was taken, raises what the
        source or decoding raised. Cancelling a waiting call loses nothing.
        """
        while not self._ready:
            if self._error is not None and not self._on_the_way():
                raise self._error
            if self._ended and not self._on_the_way():
                return []
            self._changed.clear()
            await self._changed.wait()
        taken = [self._ready.popleft()]
        size = taken[0].size_bytes
        while self._ready and len(taken) < blocks_max and size + self._ready[0].size_bytes <= bytes_max:
            size += self._ready[0].size_bytes
            taken.append(self._ready.popleft())
        self.pending_blocks -= len(taken)
        self.pending_bytes -= size
        self._ready_bytes -= size
        self._room.set()
        return taken

    async def until_ready(self, *, blocks: int, size_bytes: int) -> None:
        """Wait until as many blocks or as many bytes are decoded, or the last ones that a finite source has."""
        while not self._ready or (
            len(self._ready) < blocks
            and self._ready_bytes < size_bytes
            and not (self._ended and not self._on_the_way())
        ):
            self._changed.clear()
            await self._changed.wait()

    @contextmanager
    def decoding_paused(self) -> Iterator[None]:
        """Let nothing be decoded meanwhile, for a taker that needs the interpreter to itself."""
        self._may_decode.clear()
        try:
            yield
        finally:
            self._may_decode.set()

    async def close(self) -> None:
        """Stop fetching and drop what was not taken; safe to call twice."""
        self._ended = True
        self._puller.cancel()
        self._raw.clear()
        self._ready.clear()
        self.pending_blocks = self.pending_bytes = self._ready_bytes = 0
        running, self._jobs = self._jobs, deque()
        self._changed.set()
        await asyncio.gather(self._puller, *running, return_exceptions=True)
        self._pool.shutdown(wait=False)

    async def _pull(self, after: int) -> None:
        blocks = self._source.blocks(after)
        measured = self._source if isinstance(self._source, Measured) else None
        try:
            height, before = after, NOWHERE
            async for block in blocks:
                height += 1
                _check_place(block, height, self._source.chain_id)
                before = _check_order(before, block)
                size = measured.size_bytes(height) if measured else block.ByteSize()
                if self.pending_bytes + size > self._bytes_max:
                    await self._room_for(size)
                self.pending_blocks += 1
                self.pending_bytes += size
                self._raw.append((block, size))
                self._dispatch()
                if height % _BREATH_BLOCKS == 0:
                    await asyncio.sleep(0)
            self._ended = True
        except Exception as error:  # noqa: BLE001 - whatever stops the source is raised to the taker
            self._error = error
        finally:
            if isinstance(blocks, AsyncGenerator):
                await blocks.aclose()
            self._changed.set()

    async def _room_for(self, size: int) -> None:
        """Wait until there is room for a block of ``size`` bytes; a bigger one than all room gets it for itself."""
        while self.pending_bytes and self.pending_bytes + size > self._bytes_max:
            self._room.clear()
            await self._room.wait()

    def _dispatch(self) -> None:
        """Start jobs while threads are free; what waits for one meanwhile makes the next chunk bigger."""
        while self._raw and self._running < self._workers:
            self._running += 1
            loop = asyncio.get_running_loop()
            job = loop.run_in_executor(self._pool, _decode_chunk, self._next_chunk(), self._decode, self._may_decode)
            self._jobs.append(job)
            job.add_done_callback(self._collect)

    def _next_chunk(self) -> list[tuple[core_pb2.Block, int]]:
        chunk: list[tuple[core_pb2.Block, int]] = []
        size = 0
        while self._raw and len(chunk) < CHUNK_BLOCKS and size < CHUNK_BYTES:
            chunk.append(self._raw.popleft())
            size += chunk[-1][1]
        return chunk

    def _collect(self, _job: asyncio.Future[_Decoded]) -> None:
        """Move finished jobs from the head of the line to the taker."""
        self._running -= 1
        while self._jobs and self._jobs[0].done():
            decoded = self._jobs.popleft().result()
            self._ready.extend(decoded.blocks)
            self._ready_bytes += sum(block.size_bytes for block in decoded.blocks)
            if decoded.error is not None:
                self._stop_at(decoded.error)
        self._dispatch()
        self._changed.set()

    def _stop_at(self, error: Exception) -> None:
        """Drop everything behind a block that does not decode."""
        self._puller.cancel()
        self._error = error
        self._raw.clear()
        self._jobs.clear()
        self.pending_blocks = len(self._ready)
        self.pending_bytes = sum(block.size_bytes for block in self._ready)

    def _on_the_way(self) -> bool:
        return bool(self._raw or self._jobs)


def _decode_chunk(
    chunk: list[tuple[core_pb2.Block, int]], decode: Callable[..., Block], may_decode: threading.Event
) -> _Decoded:
    decoded = _Decoded([])
    try:
        for block, size_bytes in chunk:
            may_decode.wait()
            decoded.blocks.append(decode(block, size_bytes=size_bytes))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is raised to the taker in its place
        decoded.error = error
    return decoded


def _check_place(block: core_pb2.Block, height: int, chain_id: str) -> None:
    if (block.height, block.chain_id) != (height, chain_id):
        raise ChainDataError(
            "block_out_of_place",
            f"The source served block {block.height} of {block.chain_id!r} in place of {height} of {chain_id!r}.",
            cure="Nothing of it was indexed. If the network has a new chain id, start again with that id.",
        )


def _check_order(before: Place, block: core_pb2.Block) -> Place:
    """Return the place of ``block``; raises ChainDataError if it cannot stand behind ``before``."""
    place = place_of(block)
    if what := contradiction(before, place):
        raise ChainDataError(
            "block_out_of_order",
            f"Behind block {before.height} the source served block {block.height} with {what}.",
            cure="Nothing of it was indexed. Ask another node or repair the recording.",
        )
    return place
