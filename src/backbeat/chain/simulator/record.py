"""Writes the made-up chain into recordings."""

from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from backbeat.chain import frames
from backbeat.chain.proto import core_pb2
from backbeat.chain.recording import BlockRecordingWriter
from backbeat.errors import SourceError


class Recorder:
    """Writes blocks into a block recording, their bare transactions into another, or both; counts what it wrote.

    A later chain of the network gets a block recording of its own: beside ``x.blocks`` ``x-2.blocks`` and so on, each
    listed in ``block_files``. A context manager; no file may exist yet. Raises SourceError if one cannot be created.
    """

    def __init__(self, blocks: Path | None, transactions: Path | None) -> None:
        self.blocks = 0
        self.kinds: Counter[str] = Counter()
        self.block_files: list[Path] = [] if blocks is None else [blocks]
        self._chain_id = ""
        self._blocks = None if blocks is None else BlockRecordingWriter(blocks)
        try:
            self._transactions = None if transactions is None else _create(transactions)
        except SourceError:
            if self._blocks is not None and blocks is not None:
                self._blocks.close()
                blocks.unlink()  # so that trying again with another name finds no file in its way
            raise

    def write(self, block: core_pb2.Block) -> None:
        """Append the next block."""
        if self._blocks is not None:
            if self._chain_id not in ("", block.chain_id):
                self._blocks.close()
                first = self.block_files[0]
                self.block_files.append(first.with_stem(f"{first.stem}-{len(self.block_files) + 1}"))
                self._blocks = BlockRecordingWriter(self.block_files[-1])
            self._chain_id = block.chain_id
            self._blocks.write(block)
        for transaction in block.transactions:
            signed = transaction.transaction
            self.kinds[signed.WhichOneof("transaction")] += 1
            if self._transactions is not None:
                self._transactions.write(frames.pack(signed.SerializeToString()))
        self.blocks += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        for file in (self._blocks, self._transactions):
            if file is not None:
                file.close()


def _create(path: Path) -> BinaryIO:
    try:
        return path.open("xb")
    except OSError as error:
        raise SourceError(
            "recording_not_writable", f"Cannot create {path}: {error.strerror}.", cure="Name another file."
        ) from error
