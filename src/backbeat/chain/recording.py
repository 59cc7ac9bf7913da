"""Chain sources that read files.

A *bare* recording holds SignedTransactions without blocks; it is packed into blocks whose heights, hashes and times
depend on nothing but the file and ``txs_per_block``. A *block* recording is our own: a mark, then whole blocks.
"""

import asyncio
import os
from abc import ABC, abstractmethod
from array import array
from bisect import bisect_right
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Final, Self

from google.protobuf.message import DecodeError

from backbeat.chain import frames
from backbeat.chain.instants import to_datetime
from backbeat.chain.model import Head
from backbeat.chain.proto import core_pb2
from backbeat.chain.source import Earlier
from backbeat.errors import BackbeatError, ChainDataError, ConfigError, SourceError
from backbeat.how_far import Tell, tell_nobody

MAGIC: Final = b"\x89BBLOCK\n"  # as the length of a first record it would be far beyond what a frame may have
_READ_BLOCKS: Final = 64
_READ_BYTES: Final = 2**20


def open_recording(
    path: Path, *, txs_per_block: int = 2, chain_id: str = ""
) -> "RecordingSource | BlockRecordingSource":
    """Return the source for whichever format ``path`` has; raises SourceError if it cannot be read.

    ``txs_per_block`` and ``chain_id`` are for bare recordings; the other kind knows its own.
    """
    if _is_block_recording(path):
        return BlockRecordingSource(path)
    return RecordingSource(path, txs_per_block=txs_per_block, chain_id=chain_id)


def iter_transactions(path: Path, tell: Tell = tell_nobody) -> Iterator[core_pb2.SignedTransaction]:
    """Yield every transaction of a recording of either format, in order; raises ChainDataError where it is damaged.

    ``tell`` is called with the byte that the next one begins at, or its block.
    """
    of_blocks = _is_block_recording(path)
    with path.open("rb") as file:
        for at, payload in frames.read(path, file, len(MAGIC) if of_blocks else 0):
            tell(at)
            if of_blocks:
                block = _parse_block(path, at, payload)
                yield from (tx.transaction for tx in block.transactions if tx.HasField("transaction"))
            else:
                yield _parse_signed(path, at, payload)


class FileSource(ABC):
    """What both formats share: an index of where blocks start, 8 bytes each, and reading by height.

    Also a BlockStore once open, so that a recording can be served by a NodeServer.
    """

    is_finite = True

    def __init__(self, path: Path, *, start: int, group: int) -> None:
        self._path = path
        self._start = start
        self._group = group
        self._file: BinaryIO | None = None
        self._starts: array[int] = array("Q")
        self._damage: ChainDataError | None = None
        self._first_height = 1

    @property
    @abstractmethod
    def chain_id(self) -> str:
        """The chain that this file holds; known once open."""

    @property
    def head_height(self) -> int:
        """Height of the last whole block; known once open."""
        return self._first_height + len(self._starts) - 2

    async def open(self) -> None:
        """Index the file; raises SourceError if unreadable or empty, ChainDataError if its very start is damaged."""
        self._file = _open_file(self._path)
        try:
            await asyncio.to_thread(self._index, self._file)
        except BackbeatError:
            await self.close()
            raise

    async def head(self) -> Head | None:
        """Return the last whole block."""
        return Head(self.head_height)

    async def compare(self, height: int, block_hash: str, _earlier: Earlier | None = None, /) -> None:
        """Raise ChainDataError if the file has another block at ``height``, or ends before it."""
        if not block_hash:
            return
        if height > self.head_height:
            raise self._damage or ChainDataError(
                "recording_ends_before",
                f"The recording {self._path} ends at height {self.head_height}; height {height} was indexed already.",
                cure="Name the longer recording of this chain, or another database (--data-dir or --database).",
            )
        block = await asyncio.to_thread(self.block, height)
        if block is not None and block.hash.lower() != block_hash.lower():
            raise ChainDataError(
                "other_history",
                f"The recording {self._path} has block {block.hash} at height {height}; "
                f"{block_hash} was indexed there.",
                cure="Name the recording that this database was filled from, or another database "
                "(--data-dir or --database).",
            )

    async def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    async def blocks(self, after: int) -> AsyncIterator[core_pb2.Block]:
        """Yield the whole blocks behind ``after``; damage is raised only after everything before it was served."""
        if after + 1 < self._first_height:
            raise ChainDataError(
                "recording_starts_later",
                f"The recording {self._path} starts at height {self._first_height}, height {after + 1} is wanted.",
                cure=f"Set chain.start_height to {self._first_height} for an empty database or name a longer file.",
            )
        height = after + 1
        while height <= self.head_height:
            for block in await asyncio.to_thread(self._read, height, self._chunk_end(height)):
                yield block
                height += 1
        if self._damage is not None:
            raise self._damage

    def block(self, height: int) -> core_pb2.Block | None:
        """Return one block, None if the recording does not hold it."""
        if not self._first_height <= height <= self.head_height:
            return None
        return self._read(height, height + 1)[0]

    def size_bytes(self, height: int) -> int:
        """Return how many bytes the records of a block have in the file."""
        return self._at(height + 1) - self._at(height)

    @abstractmethod
    def _parse(self, height: int, at: int, payloads: list[bytes]) -> core_pb2.Block:
        """Build the block of ``height`` from its records, the first of which starts at byte ``at``."""

    def _index(self, file: BinaryIO) -> None:
        self._starts, self._damage = frames.scan(self._path, file, self._start, self._group)
        if len(self._starts) == 1:
            raise self._damage or SourceError(
                "recording_empty", f"The recording {self._path} holds no block.", cure="Name another file."
            )

    def _chunk_end(self, height: int) -> int:
        last = min(self.head_height + 1, height + _READ_BLOCKS)
        starts_within = bisect_right(self._starts, self._at(height) + _READ_BYTES)
        return max(height + 1, min(last, self._first_height + starts_within - 1))

    def _read(self, height: int, end: int) -> list[core_pb2.Block]:
        """Return the blocks before ``end``, or only those before the first that cannot be read, if there are any."""
        payloads = self._payloads(height, end)
        blocks: list[core_pb2.Block] = []
        try:
            for wanted, first in enumerate(range(0, len(payloads), self._group), height):
                blocks.append(self._parse(wanted, self._at(wanted), payloads[first : first + self._group]))
        except ChainDataError:
            if not blocks:
                raise
        return blocks

    def _payloads(self, height: int, end: int) -> list[bytes]:
        """Return the records of the blocks before ``end``, of one read: each lets go of the interpreter lock."""
        if self._file is None:
            raise SourceError("recording_closed", f"The recording {self._path} is not open.", cure="Open it first.")
        at = self._at(height)
        return frames.unpack(os.pread(self._file.fileno(), self._at(end) - at, at))

    def _at(self, height: int) -> int:
        return self._starts[height - self._first_height]


class RecordingSource(FileSource):
    """A bare recording, packed into blocks of ``txs_per_block``.

    A block's time is the latest play in it in whole seconds, but at least a second after the block before; the first
    starts no earlier than the first play of the file (1970 if it has none). Without a ``chain_id`` the name is made
    from the file's and ``txs_per_block``, because another packing is another chain.
    """

    def __init__(self, path: Path, *, txs_per_block: int = 2, chain_id: str = "") -> None:
        if txs_per_block < 1:
            raise ConfigError(
                "txs_per_block_invalid",
                f"{txs_per_block} transactions per block make no blocks.",
                cure="Set chain.txs_per_block to 1 or more.",
            )
        super().__init__(path, start=0, group=txs_per_block)
        self._chain_id = chain_id or f"recording-{path.stem}-{txs_per_block}"
        self._times = array("q")  # by height, as far as known: 8 bytes per block
        self._times_lock = Lock()

    @property
    def chain_id(self) -> str:
        """The given chain id or the made one."""
        return self._chain_id

    def _index(self, file: BinaryIO) -> None:
        super()._index(file)
        self._times = array("q", [next(self._play_seconds(), 0) - 1])

    def _play_seconds(self) -> Iterator[int]:
        for height in range(1, self.head_height + 1):
            yield from filter(None, map(_latest_play, self._signed(height)))

    def _signed(self, height: int) -> list[core_pb2.SignedTransaction]:
        return [_parse_signed(self._path, self._at(height), payload) for payload in self._payloads(height, height + 1)]

    def _parse(self, height: int, at: int, payloads: list[bytes]) -> core_pb2.Block:
        hashes = [sha256(payload) for payload in payloads]
        block_hash = sha256(height.to_bytes(8, "big"))
        block = core_pb2.Block(height=height, chain_id=self._chain_id)
        for payload, tx_hash in zip(payloads, hashes, strict=True):
            block_hash.update(tx_hash.digest())
            signed = _parse_signed(self._path, at, payload)
            block.transactions.add(hash=tx_hash.hexdigest().upper(), transaction=signed)
        block.hash = block_hash.hexdigest()
        block.timestamp.seconds = self._time_of(height, block)
        return block

    def _time_of(self, height: int, block: core_pb2.Block) -> int:
        """Return the block's time; the times before it have to be known, so they are worked out once."""
        with self._times_lock:
            for earlier in range(len(self._times), height):
                self._append_time(self._signed(earlier))
            if len(self._times) == height:
                self._append_time([tx.transaction for tx in block.transactions])
            return self._times[height]

    def _append_time(self, signed: list[core_pb2.SignedTransaction]) -> None:
        self._times.append(max(self._times[-1] + 1, *map(_latest_play, signed)))


class BlockRecordingSource(FileSource):
    """A recording of whole blocks, served as they were written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, start=len(MAGIC), group=1)
        self._chain_id = ""

    @property
    def chain_id(self) -> str:
        """The chain id of the first block."""
        return self._chain_id

    async def head(self) -> Head | None:
        """Return the last whole block and its time."""
        last = await asyncio.to_thread(self.block, self.head_height)
        return Head(self.head_height, to_datetime(last.timestamp) if last else None)

    def _index(self, file: BinaryIO) -> None:
        super()._index(file)
        first = _parse_block(self._path, self._start, self._payloads(self._first_height, self._first_height + 1)[0])
        self._first_height, self._chain_id = first.height, first.chain_id

    def _parse(self, height: int, at: int, payloads: list[bytes]) -> core_pb2.Block:
        block = _parse_block(self._path, at, payloads[0])
        if (block.height, block.chain_id) != (height, self._chain_id):
            what = f"block {block.height} of {block.chain_id!r} stands where {height} of {self._chain_id!r} belongs"
            raise frames.damaged(self._path, at, what)
        return block


class BlockRecordingWriter:
    """Writes a new block recording; a context manager."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("xb")
        except OSError as error:
            raise SourceError(
                "recording_not_writable",
                f"Cannot create the recording {path}: {error.strerror}.",
                cure="Name another file.",
            ) from error
        self._file.write(MAGIC)
        self._last: tuple[str, int] | None = None

    def write(self, block: core_pb2.Block) -> None:
        """Append ``block``; raises ChainDataError if it does not follow the one before or is too big to be a block."""
        payload = block.SerializeToString()
        if self._last not in (None, (block.chain_id, block.height - 1)):
            raise _not_recordable(block, f"does not follow {self._last}")
        if len(payload) > frames.FRAME_BYTES_MAX:
            raise _not_recordable(block, f"has {len(payload)} bytes, {frames.FRAME_BYTES_MAX} are allowed")
        self._file.write(frames.pack(payload))
        self._last = (block.chain_id, block.height)

    def close(self) -> None:
        """Write what is buffered and close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _not_recordable(block: core_pb2.Block, why: str) -> ChainDataError:
    return ChainDataError(
        "block_not_recordable",
        f"Block {block.height} of {block.chain_id!r} {why}.",
        cure="Record one chain without gaps; start another file for another chain.",
    )


def _is_block_recording(path: Path) -> bool:
    with _open_file(path) as file:
        return file.read(len(MAGIC)) == MAGIC


def _open_file(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise SourceError(
            "recording_unreadable",
            f"Cannot read the recording {path}: {error.strerror}.",
            cure="Check chain.recording.",
        ) from error


def _parse_signed(path: Path, at: int, payload: bytes) -> core_pb2.SignedTransaction:
    try:
        return core_pb2.SignedTransaction.FromString(payload)
    except DecodeError as error:
        raise frames.damaged(path, at, "its record is no transaction") from error


def _parse_block(path: Path, at: int, payload: bytes) -> core_pb2.Block:
    try:
        return core_pb2.Block.FromString(payload)
    except DecodeError as error:
        raise frames.damaged(path, at, "its record is no block") from error


def _latest_play(signed: core_pb2.SignedTransaction) -> int:
    """Return the latest play time in whole seconds, 0 if there is none."""
    plays = signed.plays.plays if signed.HasField("plays") else ()
    return max((play.timestamp.seconds for play in plays if to_datetime(play.timestamp)), default=0)
