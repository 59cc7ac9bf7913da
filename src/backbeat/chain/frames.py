"""Length-prefixed records in a file: a uint32, little-endian, then that many bytes."""

from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from backbeat.errors import ChainDataError

FRAME_BYTES_MAX: Final = 16 * 2**20  # a block of the network has at most 15,728,640 bytes (section 1.7)
_PREFIX_BYTES: Final = 4


def pack(payload: bytes) -> bytes:
    """Return one record; ``payload`` has at most :data:`FRAME_BYTES_MAX` bytes."""
    return len(payload).to_bytes(_PREFIX_BYTES, "little") + payload


def unpack(data: bytes) -> list[bytes]:
    """Return the payloads of whole records that :func:`scan` has seen."""
    payloads, at = [], 0
    while at < len(data):
        start = at + _PREFIX_BYTES
        at = start + int.from_bytes(data[at:start], "little")
        payloads.append(data[start:at])
    return payloads


def read(path: Path, file: BinaryIO, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield the offset and payload of every record from byte ``start``; raises ChainDataError where it is damaged."""
    for at, length in _lengths(path, file, start):
        yield at, file.read(length)


def scan(path: Path, file: BinaryIO, start: int, group: int) -> "tuple[array[int], ChainDataError | None]":
    """Return where each ``group`` of records starts, then where the last ends, and the damage if there is any.

    With damage only whole groups before it count, so that a repaired file groups as this one does. Reads lengths only;
    keeps 8 bytes per group.
    """
    starts, count, end = array("Q"), 0, start
    try:
        for at, length in _lengths(path, file, start):
            if count % group == 0:
                starts.append(at)
            end = at + _PREFIX_BYTES + length
            count += 1
            file.seek(length, 1)
    except ChainDataError as damage:
        starts.append(end)
        return starts[: count // group + 1], damage
    starts.append(end)
    return starts, None


def damaged(path: Path, at: int, what: str) -> ChainDataError:
    """Return the error for a file whose byte ``at`` cannot be what it should."""
    return ChainDataError(
        "recording_damaged",
        f"The recording {path} is damaged at byte {at}: {what}.",
        cure="Put an intact copy in its place; whole blocks before that byte are good and keep their heights.",
    )


def _lengths(path: Path, file: BinaryIO, start: int) -> Iterator[tuple[int, int]]:
    """Yield offset and length of every record; the consumer moves ``file`` past the payload."""
    at, size = start, path.stat().st_size
    file.seek(start)
    while at < size:
        prefix = file.read(_PREFIX_BYTES)
        length = int.from_bytes(prefix, "little")
        end = at + _PREFIX_BYTES + length
        if length > FRAME_BYTES_MAX:
            raise damaged(path, at, f"a record of {length} bytes is announced, {FRAME_BYTES_MAX} are allowed")
        if len(prefix) < _PREFIX_BYTES or end > size:
            raise damaged(path, at, f"a record is cut off at the end of the file, byte {size}")
        yield at, length
        at = end
