"""Plays as bytes: rows of the table ``plays`` as binary COPY takes them, ten columns in the order of its statement.

The native reader makes them of a block at once, without an object for each play. Until rows are numbered, ids are 0.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from struct import Struct
from typing import Final

import msgspec

from backbeat.chain.model import Play

COLUMNS: Final = 10
SOURCE: Final = b"relay"
_EPOCH: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - of PostgreSQL's own time, which is naive UTC here
_MICROSECOND: Final = timedelta(microseconds=1)
_ID: Final = 0
_INT: Final = Struct("!i")
_NUMBER: Final = Struct("!ii")
_ROW: Final = Struct("!hiii5s")
_TIME_AND_HEIGHT: Final = Struct("!iqii")
_INSTANT: Final = Struct("!q")
_NULL: Final = _INT.pack(-1)


class PackedPlays(msgspec.Struct, frozen=True, gc=False):
    """Plays of one transaction, all of which name a track."""

    rows: bytes
    """Their rows, one behind the other."""
    track_ids: tuple[int, ...]
    """The track of each."""

    def __len__(self) -> int:
        return len(self.track_ids)

    def __iter__(self) -> Iterator[Play]:
        """Yield the plays; each is dated as its block lets it be."""
        return (play for _, play in unpacked(self.rows))


def pack(play: Play, height: int, heard_at: datetime) -> bytes:
    """Return the row of a play that names a track."""
    texts = [text.encode() for text in (play.signature, play.city, play.region, play.country)]
    return b"".join(
        (
            _ROW.pack(COLUMNS, _INT.size, _ID, len(SOURCE), SOURCE),
            _NUMBER.pack(_INT.size, play.track_id),
            _NULL if play.user_id is None else _NUMBER.pack(_INT.size, play.user_id),
            _TIME_AND_HEIGHT.pack(_INSTANT.size, (heard_at - _EPOCH) // _MICROSECOND, _INT.size, height),
            *(part for text in texts for part in (_INT.pack(len(text)), text)),
        )
    )


def unpacked(rows: bytes) -> Iterator[tuple[int, Play]]:
    """Yield the plays of which rows were made, each with its height, and dated as its block lets it be."""
    for _, track, user, time, height, *texts in _columns(rows):
        signature, city, region, country = (bytes(text or b"").decode() for text in texts)
        listener = None if user is None else _number(user)
        yield _number(height), Play(listener, _number(track), _moment(time), signature, city, region, country)


def _columns(rows: bytes) -> Iterator[list[bytes | None]]:
    """Yield the columns of each row but for its id."""
    at = 0
    while at < len(rows):
        at += 2
        columns: list[bytes | None] = []
        for _ in range(COLUMNS):
            (size,) = _INT.unpack_from(rows, at)
            at += _INT.size
            columns.append(None if size < 0 else rows[at : at + size])
            at += max(size, 0)
        yield columns[1:]


def _number(column: bytes | None) -> int:
    return int(_INT.unpack(column or b"")[0])


def _moment(column: bytes | None) -> datetime:
    return _EPOCH + timedelta(microseconds=_INSTANT.unpack(column or b"")[0])
