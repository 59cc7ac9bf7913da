"""The optional reader of blocks in C, which ``native/`` in the checkout builds: the one place that knows of it.

It reads what is encoded in the usual way and hands back all else. ``decode.py`` does the rest and is its reference:
both give the same transactions, but that plays come as the rows that they will be (:mod:`backbeat.chain.packed`).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from types import ModuleType
from typing import Any, Final

from backbeat.chain import plays
from backbeat.chain.model import Kind, ManageEntity, Transaction
from backbeat.chain.packed import PackedPlays
from backbeat.chain.play_times import AHEAD_MAX, LATE_MAX
from backbeat.chain.proto import core_pb2

MakeEntity = Callable[[int, str, int, str, str, str, str, str], ManageEntity]
"""Makes an entity transaction of the fields that it has on the wire, in their order there."""

_INTERFACE: Final = 2  # what a build says of itself; another has other functions
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - block times are naive UTC throughout
_MICROSECOND: Final = timedelta(microseconds=1)
_LATE_MAX: Final = LATE_MAX // _MICROSECOND
_AHEAD_MAX: Final = AHEAD_MAX // _MICROSECOND


class NativeReader:
    """Reads blocks by a built module, whose functions get what they need to know of ours; ``means`` are for tests."""

    def __init__(self, module: ModuleType, **means: Any) -> None:
        self._read_block = module.read_block
        self._number_rows = module.number_rows
        own: dict[str, Any] = {
            "transaction": Transaction,
            "plays": PackedPlays,
            "plays_kind": Kind.PLAYS,
            "entity_kind": Kind.MANAGE_ENTITY,
            "kinds": _OTHER_KINDS,
            "sha256": sha256,
            "digest": "digest",
            "limits": (plays.TEXT_CHARACTERS_MAX, plays.PLAYS_FREE, plays.PLAYS_MAX, plays.PLAY_BYTES_MIN),
        }
        self._means = tuple((own | means).values())

    def read(
        self, block: bytes, count: int, *, check_hashes: bool, height: int, time: datetime, make_entity: MakeEntity
    ) -> list[Transaction | None] | None:
        """Return the ``count`` transactions of a block, with None for each that is left to the reference.

        None if that is to read the whole block. ``time`` is the block's, naive UTC.
        """
        at = (time - _EPOCH) // _MICROSECOND
        times = at, at - _LATE_MAX, at + _AHEAD_MAX
        read: list[Transaction | None] | None = self._read_block(
            block, count, check_hashes, height, times, make_entity, self._means
        )
        return read

    def number_rows(self, pieces: list[bytes], first_id: int) -> bytes:
        """Return rows of plays as one piece, with ids from ``first_id`` on; raises ValueError for what are none."""
        numbered: bytes = self._number_rows(pieces, first_id)
        return numbered


def installed_reader() -> NativeReader | None:
    """Return the reader that is installed; None without one, or if it was built for another version of this program."""
    try:
        from backbeat_native import _blocks  # noqa: PLC0415 - it may be absent
    except ImportError:
        return None
    return reader_of(_blocks)


def reader_of(module: ModuleType) -> NativeReader | None:
    """Return the reader of a built module; None if it was built for another version of this program."""
    return NativeReader(module) if getattr(module, "INTERFACE", None) == _INTERFACE else None


def _other_kinds() -> dict[int, Kind]:
    """Return the kinds of which nothing more is read, by the numbers of their cases."""
    named = {kind.value: kind for kind in Kind}
    cases = core_pb2.SignedTransaction.DESCRIPTOR.oneofs_by_name["transaction"].fields
    read = {Kind.PLAYS, Kind.MANAGE_ENTITY}
    return {case.number: named[case.name] for case in cases if case.name in named and named[case.name] not in read}


_OTHER_KINDS: Final = _other_kinds()
