"""A family: what is made of some kinds of acts, in one statement."""

from typing import LiteralString

import msgspec

from backbeat.db.sql import load


class Family(msgspec.Struct, frozen=True):
    """Notifications and milestones that one statement makes of acts.

    The statement binds ``after`` and ``upto``: it takes the acts of blocks above the one and not above the other, and
    may read later ones to undo them.
    """

    name: str
    """What it makes; its statement is the file of that name."""

    kinds: tuple[str, ...]
    """The acts that it takes; it is not asked where there are none."""

    make: LiteralString
    """The statement."""


def family(name: str, *kinds: str) -> Family:
    """Return the family whose statement is ``NAME.sql`` in this folder."""
    return Family(name, kinds, load(__package__, f"{name}.sql"))
