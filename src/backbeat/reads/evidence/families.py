"""Which events earn which challenge: a statement for each that finds them by specifier, user and time of completion.

Each binds ``specifiers``, ``user_ids`` and ``completed``, one of each for a reward, and answers rows of
:class:`Found`. What the network's tables keep of a thing is its last version, so an event may bear a later block than
the reward that it earned.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import LiteralString

import msgspec

from backbeat.db.sql import load


class Found(msgspec.Struct, frozen=True):
    """An event that bears on a reward."""

    specifier: str
    """Of the reward."""
    source: str
    """The table that it stands in."""
    id: str
    """What it is there."""
    block_number: int | None
    """The block that last wrote it."""
    tx_hash: str | None
    """The transaction that last wrote it."""
    signature: str | None
    """The signature of a play, or of a transaction of Solana."""
    slot: int | None
    """The height of a play, or the slot of a transaction of Solana."""
    happened_at: datetime | None
    """When it happened, or was last written."""
    quantity: int | None
    """Plays, micro-USDC, the smallest unit of a tip, or a rank."""


class Family(msgspec.Struct, frozen=True):
    """How the events of a challenge are found; ``kind`` is bound where several challenges share a statement."""

    statement: LiteralString
    kind: str = ""


PURCHASES = Family(load(__package__, "purchases.sql"))
ARRIVALS = Family(load(__package__, "arrivals.sql"))
ACTS_ON_TRACK = Family(load(__package__, "acts_on_track.sql"))
MONTHLY = Family(load(__package__, "monthly.sql"))
PLACES = load(__package__, "places.sql")

FAMILIES: Mapping[str, Family] = {
    "p": Family(load(__package__, "profile.sql")),
    "u": Family(load(__package__, "uploads.sql")),
    "fp": Family(load(__package__, "playlist.sql")),
    "v": Family(load(__package__, "verified.sql")),
    "e": Family(load(__package__, "listens.sql")),
    "p1": MONTHLY,
    "p2": MONTHLY,
    "p3": MONTHLY,
    "c": Family(load(__package__, "comments.sql")),
    "cp": Family(load(__package__, "pins.sql")),
    "cs": ACTS_ON_TRACK,
    "t": ACTS_ON_TRACK,
    "tt": Family(PLACES, "TRACKS"),
    "tut": Family(PLACES, "UNDERGROUND_TRACKS"),
    "tp": Family(PLACES, "PLAYLISTS"),
    "w": Family(load(__package__, "contests.sql")),
    "b": PURCHASES,
    "s": PURCHASES,
    "m": Family(load(__package__, "mobile.sql")),
    "r": ARRIVALS,
    "rv": ARRIVALS,
    "rd": ARRIVALS,
    "ft": Family(load(__package__, "tips.sql")),
}
"""By the challenge."""

NO_EVENTS: Mapping[str, str] = {
    "dvl": "nobody has said who earns it",
    "o": "operators grant it by hand",
}
"""Challenges whose rewards no event explains."""
