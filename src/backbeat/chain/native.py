"""The optional reader of plays in C, which ``native/`` in the checkout builds: the one place that knows of it.

It reads what is encoded in the usual way and hands back all else. ``decode.py`` does the rest and is its reference:
both give the same transactions.
"""

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from types import ModuleType
from typing import Final

from backbeat.chain import plays
from backbeat.chain.instants import instant
from backbeat.chain.model import Kind, Play, Transaction

ReadPlays = Callable[[bytes, int, bool], list[Transaction | None] | None]
"""Takes a block's bytes, how many transactions it has and whether their hashes are checked.

Returns those that are read, with None for each that is left to the reference; None if that is to read the whole block.
"""

_INTERFACE: Final = 1  # what a build says of itself; another has other parameters


def installed_reader() -> ReadPlays | None:
    """Return the reader that is installed; None without one, or if it was built for another version of this program."""
    try:
        from backbeat_native import _plays  # noqa: PLC0415 - it may be absent
    except ImportError:
        return None
    return reader_of(_plays)


def reader_of(module: ModuleType) -> ReadPlays | None:
    """Return the reader of a built module; None if it was built for another version of this program."""
    if getattr(module, "INTERFACE", None) != _INTERFACE:
        return None
    return partial(
        module.read_plays,
        transaction=Transaction,
        play=Play,
        kind=Kind.PLAYS,
        instant=instant,
        sha256=sha256,
        text_bytes_max=plays.TEXT_CHARACTERS_MAX,
        plays_free=plays.PLAYS_FREE,
        plays_max=plays.PLAYS_MAX,
        play_bytes_min=plays.PLAY_BYTES_MIN,
    )
