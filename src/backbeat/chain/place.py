"""Where a block stands, and what cannot stand behind it."""

import re
from datetime import datetime
from typing import Final

import msgspec

from backbeat.chain.instants import to_datetime
from backbeat.chain.proto import core_pb2

_HASH: Final = re.compile("[0-9a-fA-F]{64}")
_CHAIN_ID_CHARACTERS_MAX: Final = 256  # consensus allows 50; the chain id of a recording holds the file's name


class Place(msgspec.Struct, frozen=True):
    """A block that is known: ``hash`` is lower-case hex, empty where only the height is known; ``time`` naive UTC."""

    height: int
    hash: str
    time: datetime | None = None


NOWHERE: Final = Place(0, "")


def place_of(block: core_pb2.Block) -> Place:
    """Return where ``block`` stands; the hash is empty if it is no text, the time None if there is none."""
    given, said = block.hash, block.timestamp
    has_time = said.seconds or said.nanos or block.HasField("timestamp")
    return Place(block.height, given.lower() if type(given) is str else "", to_datetime(said) if has_time else None)


def contradiction(before: Place, after: Place) -> str:
    """Say why a block at ``after`` cannot come later than one at ``before``; empty if it can.

    Block times never go back. Two may be equal: a node may keep its times cut to a coarser unit than consensus has.
    """
    if before.hash and after.hash == before.hash:
        return f"the hash of block {before.height}"
    if before.time is not None and after.time is not None and after.time < before.time:
        return f"a block of {after.time}, before block {before.height} of {before.time}"
    return ""


def is_hash(text: object) -> bool:
    """Tell whether ``text`` is a hash as nodes write them: 64 hex digits, of a block or of a transaction."""
    return type(text) is str and _HASH.fullmatch(text) is not None


def is_chain_id(text: object) -> bool:
    """Tell whether ``text`` can name a chain, in the database and to people."""
    return type(text) is str and 0 < len(text) <= _CHAIN_ID_CHARACTERS_MAX and text.isprintable()
